"""`storeday audit`: measures a lake against truth, hand labels, or the day itself."""

import datetime as dt
import json
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.console import Console
from rich.table import Table

from storeday.audit.day import LAKE_TABLES, AuditDay, DayInputs, prepare
from storeday.audit.figure import Figure
from storeday.audit.matching_figures import reliability_by_crowding
from storeday.audit.scorecard import day_figures, pooled
from storeday.audit.self_checks import SelfRows, self_figures
from storeday.audit.truth import read_truth
from storeday.contracts import load_contract, table_from_columns
from storeday.floor.calendar import opening_interval
from storeday.lake.files import exists
from storeday.lake.lake import Lake
from storeday.lake.store_day import StoreDay
from storeday.manifest import StoreLayout
from storeday.stages.plan import Places, layout_of
from storeday.stages.settings import settings_of

LOGGER = logging.getLogger("storeday")

FIGURES = "ops.audit_figures"
SELF_TABLES = (
    "bronze.sales",
    "gold.interactions",
    "silver.positions",
    "silver.rummage_events",
    "silver.clock_offsets",
)
# What the tables were measured against, as `ops.audit_figures` and the headings call it.
SIMULATED, LABELS, ITSELF = "simulated", "store_labels", "itself"
HEADINGS = {
    SIMULATED: "simulated: measured on simulated days, says nothing of a real store",
    LABELS: "measured against labels of this store",
    ITSELF: "measured against the day itself",
}


@dataclass(frozen=True)
class Audited:
    """An audit's result.

    Attributes:
        against: What the tables were measured against, by store-day.
        figures: Figures by store-day.
        reliability: Reliability tables by store-day and crowding; empty without truth.
    """

    against: Mapping[StoreDay, str]
    figures: Mapping[StoreDay, list[Figure]]
    reliability: Mapping[StoreDay, Mapping[str, list[Any]]]

    def pooled(self) -> list[Figure]:
        """Figures over all store-days."""
        return pooled(list(self.figures.values()))


def days_with_truth(truth: Path) -> list[StoreDay]:
    """Store-days that a truth folder tells of, in order.

    Raises:
        FileNotFoundError: There are none.
    """
    found = []
    for folder in sorted(truth.glob("*/*")):
        try:
            found.append(StoreDay(folder.parent.name, dt.date.fromisoformat(folder.name)))
        except ValueError:
            continue
    if not found:
        raise FileNotFoundError(f"{truth}: no truth; expected folders STORE/YYYY-MM-DD")
    return found


def audit_truth(
    lake: Lake, truth: Path, stores: str, days: Sequence[StoreDay] | None = None
) -> Audited:
    """Measures store-days against truth.

    Args:
        lake: The lake.
        truth: Folder of truth.
        stores: Folder of manifests; where a store has none, figures about zones stay unmeasured.
        days: Store-days; all that the folder tells of where not given.

    Raises:
        FileNotFoundError: There is no truth.
        ValueError: A truth file is wrong, or the lake has no rows of a store-day.
    """
    chosen = list(days or days_with_truth(truth))
    prepared = {day: _prepared(lake, truth, stores, day) for day in chosen}
    return Audited(
        {
            day: SIMULATED if audit.inputs.truth.is_simulated else LABELS
            for day, audit in prepared.items()
        },
        {day: day_figures(audit) for day, audit in prepared.items()},
        {day: reliability_by_crowding(audit) for day, audit in prepared.items()},
    )


def audit_itself(lake: Lake, stores: str, days: Sequence[StoreDay]) -> Audited:
    """Measures store-days against themselves: sold tags, sentinel tags.

    Raises:
        ManifestError: A store has no manifest, or a wrong one.
    """
    figures = {}
    for day in days:
        layout = layout_of(Places("", stores, lake.root), day)
        tables = {name: lake.read(name, [day]).toArrow() for name in SELF_TABLES}
        figures[day] = self_figures(
            SelfRows(
                sales=tables["bronze.sales"],
                interactions=tables["gold.interactions"],
                positions=tables["silver.positions"],
                rummage_events=tables["silver.rummage_events"],
                till_zones=_till_zones(layout),
                sentinel_epcs=sentinels(layout),
                open_hours=_open_hours(layout, day.business_date),
                clock_offsets=tables["silver.clock_offsets"],
            )
        )
    return Audited(dict.fromkeys(days, ITSELF), figures, {})


def sentinels(layout: StoreLayout) -> list[str]:
    """Tags that nobody can reach, of all readers."""
    return sorted({epc for reader in layout.readers for epc in reader.sentinel_epcs})


def show(audited: Audited, console: Console) -> None:
    """Prints the figures, over all store-days, with what they were measured against."""
    kinds = sorted(set(audited.against.values()))
    title = "; ".join(HEADINGS[kind] for kind in kinds)
    names = ", ".join(str(day) for day in sorted(audited.figures))
    table = Table(title=f"Audit of {names} ({title})", title_justify="left")
    table.add_column("figure")
    for name in ("value", "95 % interval", "rests on"):
        table.add_column(name, justify="right")
    table.add_column("perfect")
    for figure in audited.pooled():
        table.add_row(*_row(figure, SIMULATED in kinds))
    console.print(table)


def write_json(audited: Audited, path: Path) -> None:
    """Writes all figures and reliability tables."""
    document = {
        "store_days": [
            {
                "store_id": day.store_id,
                "business_date": str(day.business_date),
                "audited_against": audited.against[day],
                "figures": [_plain(figure) for figure in figures],
                "reliability": {
                    crowd: [asdict(part) for part in table]
                    for crowd, table in audited.reliability.get(day, {}).items()
                },
            }
            for day, figures in sorted(audited.figures.items())
        ],
        "all_days": [_plain(figure) for figure in audited.pooled()],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n", "utf-8")


def write_table(audited: Audited, lake: Lake) -> None:
    """Replaces the store-days' rows of `ops.audit_figures`, audits of one kind for one kind."""
    now = dt.datetime.now(dt.UTC)
    for day, figures in audited.figures.items():
        against = audited.against[day]
        columns = {
            "audited_against": [against] * len(figures),
            "figure": [figure.name for figure in figures],
            **{
                name: pa.array([getattr(figure, name) for figure in figures], from_pandas=True)
                for name in ("value", "low", "high")
            },
            "rests_on": [figure.count for figure in figures],
            "unit": [figure.unit for figure in figures],
            "is_error": [figure.is_error for figure in figures],
            "audited_at": [now] * len(figures),
        }
        rows = table_from_columns(load_contract(FIGURES), columns)
        lake.replace_from_arrow(FIGURES, rows, day, and_where=f"audited_against = '{against}'")


def _prepared(lake: Lake, truth: Path, stores: str, day: StoreDay) -> AuditDay:
    tables = {name: lake.read(name, [day]).toArrow() for name in LAKE_TABLES}
    if not any(rows.num_rows for rows in tables.values()):
        raise ValueError(f"{day}: {lake.root} has no rows of this store-day; run nightly first")
    places = Places("", stores, lake.root)
    layout = layout_of(places, day) if exists(places.manifest_of(day.store_id)) else None
    if layout is None:
        LOGGER.warning("audit %s: no manifest below %s; no figures about zones", day, stores)
    inputs = DayInputs(
        day.store_id,
        day.business_date,
        tables,
        read_truth(truth / day.store_id / str(day.business_date)),
        layout,
        *([settings_of(layout).measures] if layout is not None else []),
    )
    return prepare(inputs)


def _till_zones(layout: StoreLayout) -> list[str]:
    """Zones in which people pay: those that tills name, else those of kind checkout."""
    named = sorted({till.zone for till in layout.checkouts if till.zone})
    return named or [zone.id for zone in layout.zones if zone.kind == "checkout"]


def _open_hours(layout: StoreLayout, date: dt.date) -> float:
    span = opening_interval(date, layout.opening_hours.on(date), layout.timezone)
    return span.length_s / 3600 if span else 0.0


def _row(figure: Figure, is_simulated: bool) -> tuple[str, str, str, str, str]:
    unit = "" if figure.unit == "1" else f" {figure.unit}"
    mark = ", simulated" if is_simulated else ""
    if math.isnan(figure.value):
        return figure.name, "not measured", "", "0", ""
    interval = "" if math.isnan(figure.low) else f"{figure.low:.3f} - {figure.high:.3f}"
    perfect = "0" if figure.is_error else "1"
    return figure.name, f"{figure.value:.3f}{unit}{mark}", interval, f"{figure.count:,}", perfect


def _plain(figure: Figure) -> dict[str, Any]:
    """A figure as JSON knows it: null for NaN."""
    return {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in asdict(figure).items()
    }
