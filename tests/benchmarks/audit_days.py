"""The frozen days on which the audit is measured, and their perfect lakes."""

from pathlib import Path

import yaml
from perfect_lake import perfect_inputs

from storeday.audit.day import DayInputs
from storeday.simulate import load_scenario
from storeday.simulate.people import make_world

DAYS = Path(__file__).resolve().parent / "scenarios" / "audit.yaml"
# Steps of the level at which events, and no pictures, are simulated.
STEP_S = 1.0


def audit_days() -> dict[str, DayInputs]:
    """Perfect inputs by scenario and seed."""
    days = yaml.safe_load(DAYS.read_text("utf-8"))["days"]
    return {f"{day['scenario']}/{day['seed']}": perfect_day(**day) for day in days}


def perfect_day(scenario: str, seed: int, hours: float) -> DayInputs:
    """A simulated day's perfect lake."""
    world, _, _ = make_world(load_scenario(scenario, hours=hours), seed, STEP_S)
    return perfect_inputs(world)
