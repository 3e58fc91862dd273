"""The stages: the only place where Spark meets the pure code."""
