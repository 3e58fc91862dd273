"""Scores against truth, hand labels, or the day itself."""
