"""What the benchmarks of gold tables share: simulated Saturdays from detections to gold tables.

The days are those of `people_figures`: true boxes by geometry, detections by a stand-in detector's
errors, then this project's own tracking, identity and publishing, in memory. No model that ships
has seen them. Constants of the measures were chosen on seeds 31 and 32, which no benchmark uses.
All figures are simulated ones.
"""

import datetime as dt
import functools

import numpy as np
import pyarrow as pa
from people_figures import SCENARIO, SEEDS, identified_day
from perfect_lake import _offsets as true_offsets

from storeday.audit.day import AuditDay, DayInputs, prepare
from storeday.audit.place_figures import true_tables
from storeday.audit.truth import COLUMNS, Truth
from storeday.contracts import load_contract, table_from_columns
from storeday.lake.groups import Group
from storeday.lake.store_day import StoreDay
from storeday.simulate.truth import truth_tables
from storeday.stages.plan import DayPlan
from storeday.stages.publish import publish
from storeday.stages.settings import settings_of

DETAIL = {**SCENARIO, "simulated": True, "detections": "stand-in detector, no shipped model"}


def plan_of(world) -> DayPlan:
    """A plan of a simulated day without files."""
    day = StoreDay(world.layout.store_id, world.business_date)
    settings = settings_of(world.layout)
    return DayPlan(day, "", world.layout, settings, (), {}, None, "bench", bytes(32))


def whole_footage(world) -> dict[str, pa.Table]:
    """Every camera filmed all of the day, and every frame was read."""
    cameras = [camera.id for camera in world.layout.cameras]
    each = {"camera_id": cameras, "segment": ["all.mp4"] * len(cameras)}
    lasts_us = round(world.duration_s * 1e6)
    return {
        "bronze.footage_segments": table_from_columns(
            load_contract("bronze.footage_segments"),
            {
                **each,
                "source_file": ["footage"] * len(cameras),
                "started_at": [world.starts_at] * len(cameras),
                "duration_s": [float(world.duration_s)] * len(cameras),
                "size_bytes": [0] * len(cameras),
                "status": ["ok"] * len(cameras),
            },
        ),
        "bronze.decode_outcomes": table_from_columns(
            load_contract("bronze.decode_outcomes"),
            {
                **each,
                "decoder": ["pyav"] * len(cameras),
                "frames": [0] * len(cameras),
                "first_pts_us": [0] * len(cameras),
                "last_pts_us": [lasts_us] * len(cameras),
                "lost_s": [0.0] * len(cameras),
            },
        ),
    }


def published_from(world, silver: dict[str, pa.Table]) -> AuditDay:
    """The gold tables of a simulated day from its silver ones, beside the truth."""
    offsets = true_offsets(
        world, world.layout.cameras[0].id, round(world.starts_at.timestamp() * 1e6)
    )
    tables = {**silver, **whole_footage(world), "silver.clock_offsets": offsets}
    plan = plan_of(world)
    tables |= publish(Group(plan.day, "", tables), plan, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    truth = {name: rows for name, rows in truth_tables(world).items() if name in COLUMNS}
    return prepare(
        DayInputs(
            plan.day.store_id,
            plan.day.business_date,
            tables,
            Truth(**truth, is_simulated=True),
            world.layout,
            plan.settings.measures,
        )
    )


@functools.cache
def gold_day(seed: int) -> AuditDay:
    """A day through tracking, identity and publishing."""
    found, _ = identified_day(seed)
    silver = {
        "silver.positions": found.positions,
        "silver.visits": found.visits,
        "silver.door_crossings": found.crossings,
    }
    return published_from(found.tracked.day.world, silver)


@functools.cache
def true_day(seed: int) -> tuple[pa.Table, pa.Table]:
    """True positions and visits of a day's customers."""
    day = gold_day(seed)
    return true_tables(day, day.crowd, day.inputs.layout)


def pooled(figure_of, seeds=SEEDS) -> tuple[float, dict]:
    """Mean of a figure over the frozen days, and each day's."""
    values = {seed: round(float(figure_of(gold_day(seed))), 4) for seed in seeds}
    return round(float(np.mean(list(values.values()))), 4), {**DETAIL, "by_seed": values}


def audit_figure(name: str):
    """A function that gives one of the audit's figures of places."""
    from storeday.audit.place_figures import place_figures

    return lambda day: {figure.name: figure.value for figure in place_figures(day)}[name]
