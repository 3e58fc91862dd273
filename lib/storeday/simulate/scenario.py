"""A kind of store-day: groups of knobs, read from YAML and checked.

A scenario is a file in `scenarios/`, or anywhere, under the models of `knobs.py`.
"""

import datetime as dt
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from storeday.simulate.detector_knobs import DetectorKnobs
from storeday.simulate.knobs import (
    CameraKnobs,
    ClockKnobs,
    CustomerKnobs,
    HandlingKnobs,
    Knobs,
    ReaderKnobs,
    StaffKnobs,
    StoreKnobs,
    TagKnobs,
)

FOLDER = "storeday.simulate.scenarios"


class ScenarioError(ValueError):
    """A scenario cannot be used; the message names the file and every fault."""


class Scenario(Knobs):
    """A kind of store-day."""

    name: str = Field(description="Name of the scenario.")
    summary: str = Field(description="What it is for, in a sentence.")
    population: Literal["played", "sketched"] = Field(
        default="played",
        description="played: everybody acts step by step; sketched: stops and handlings only, for "
        "level events and days of very many customers.",
    )
    store: StoreKnobs = StoreKnobs()
    customers: CustomerKnobs = CustomerKnobs()
    handling: HandlingKnobs = HandlingKnobs()
    staff: StaffKnobs = StaffKnobs()
    tags: TagKnobs = TagKnobs()
    readers: ReaderKnobs = ReaderKnobs()
    cameras: CameraKnobs = CameraKnobs()
    clocks: ClockKnobs = ClockKnobs()
    detectors: DetectorKnobs = DetectorKnobs()

    @model_validator(mode="after")
    def _tills_are_manned(self) -> Self:
        if self.staff.count < self.store.tills:
            raise ValueError(
                f"staff.count is {self.staff.count}, store.tills {self.store.tills}; "
                "expected one of staff per till at least"
            )
        return self

    @property
    def open_s(self) -> float:
        """Seconds from opening to closing."""
        opens, closes = self.store.opens, self.store.closes
        minutes = (closes.hour - opens.hour) * 60 + closes.minute - opens.minute
        return 60.0 * minutes + closes.second - opens.second


def scenario_names() -> tuple[str, ...]:
    """Names of the scenarios that come with the package.

    Example:
        >>> "busy_saturday" in scenario_names()
        True
    """
    entries = files("storeday.simulate.scenarios").iterdir()
    return tuple(
        sorted(
            entry.name.removesuffix(".yaml") for entry in entries if entry.name.endswith(".yaml")
        )
    )


def load_scenario(name_or_path: str | Path, hours: float | None = None) -> Scenario:
    """Reads a scenario.

    Args:
        name_or_path: Name of one that comes with the package, or path of a YAML file.
        hours: Opening time in hours, from the scenario's opening on; None for the scenario's own.

    Raises:
        ScenarioError: No such scenario, no valid YAML, or knobs out of range; all faults at once.

    Example:
        >>> load_scenario("demo", hours=0.1).open_s
        360.0
    """
    path = Path(name_or_path)
    if path.suffix in {".yaml", ".yml"}:
        if not path.is_file():
            raise ScenarioError(f"{path}: no such file")
        text = path.read_text("utf-8")
    elif str(name_or_path) in scenario_names():
        text = files(FOLDER).joinpath(f"{name_or_path}.yaml").read_text("utf-8")
    else:
        raise ScenarioError(
            f"no scenario {str(name_or_path)!r}; there are {', '.join(scenario_names())}, "
            "or give the path of a YAML file"
        )
    scenario = _parse(text, str(name_or_path))
    return scenario if hours is None else _with_hours(scenario, hours)


def with_knobs(scenario: Scenario, **groups: dict[str, Any]) -> Scenario:
    """The scenario with some knobs turned, checked anew.

    Args:
        scenario: The scenario.
        groups: New values by group and knob, for instance `customers={"per_hour": 90}`.

    Raises:
        ScenarioError: A knob does not exist or its value is out of range.

    Example:
        >>> with_knobs(load_scenario("demo"), staff={"count": 4}).staff.count
        4
    """
    values = scenario.model_dump()
    for group, knobs in groups.items():
        if not isinstance(values.get(group), dict):
            raise ScenarioError(f"{scenario.name}: no group of knobs {group!r}")
        values[group] = {**values[group], **knobs}
    return _validate(values, scenario.name)


def _with_hours(scenario: Scenario, hours: float) -> Scenario:
    opens = dt.datetime.combine(scenario.store.business_date, scenario.store.opens)
    closes = opens + dt.timedelta(hours=hours)
    if hours <= 0 or closes.date() != opens.date():
        raise ScenarioError(f"hours is {hours}; expected more than 0, closing before midnight")
    return with_knobs(scenario, store={"closes": closes.time()})


def _parse(text: str, source: str) -> Scenario:
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ScenarioError(f"{source}: not valid YAML: {error}") from error
    if not isinstance(values, dict):
        raise ScenarioError(f"{source}: expected groups of knobs, found {type(values).__name__}")
    return _validate(values, source)


def _validate(values: dict[str, Any], source: str) -> Scenario:
    try:
        return Scenario.model_validate(values)
    except ValidationError as error:
        faults = [
            f"{source}: {'.'.join(str(part) for part in fault['loc']) or 'scenario'}: "
            f"{fault['msg'].removeprefix('Value error, ')} (found {fault['input']!r})"
            for fault in error.errors(include_url=False)
        ]
        raise ScenarioError("\n".join(faults)) from error
