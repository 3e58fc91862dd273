"""Scenarios: one YAML file each, every knob with its comment."""
