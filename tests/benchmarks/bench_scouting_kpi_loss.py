"""What scouting costs in accuracy: the largest loss of any audit figure against full decoding.

Simulated footage with exact truth; the detector that ships. A store-day goes through the whole job,
once with every frame decoded and detected at five a second, then with `scout: keyframes`, and
`storeday audit` measures both. How losses of unlike figures are compared stands in `kpi_loss`. The
figure is that of `quiet_boutique` at the default budget.

Beside it: `demo`, far busier, with a curve over budgets; for each run the losses of all figures,
what its CPU seconds of looking, decoding and detecting are of full decoding's, and what was
decoded why. `half` is a yardstick: full decoding with every second frame left out before tracking.
What is lost there is what any change of frames loses on a day with so few people.
"""

import datetime as dt
import math
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from kpi_loss import largest, losses
from measure import Result
from pyspark.sql import Window
from pyspark.sql import functions as sf
from rich.console import Console

from storeday.audit.figure import Figure
from storeday.commands.audit import audit_truth
from storeday.commands.run_days import DONE, Request, run_days
from storeday.commands.simulate import simulate
from storeday.lake.lake import Lake
from storeday.lake.session import spark_session
from storeday.lake.store_day import StoreDay
from storeday.stages.plan import Places

DAYS = Path(__file__).parent / "scenarios" / "scouting_kpi.yaml"
MASTER = "local[2]"
FULL = {"footage": {"scout": "fixed", "frames_per_s": 5.0}}
SEEING = ("scout", "decode_infer")
PLAN, DETECTIONS = "silver.decode_plan", "silver.detections"


def run() -> Result:
    frozen = yaml.safe_load(DAYS.read_text("utf-8"))
    folder = Path(tempfile.mkdtemp(prefix="storeday-bench-"))
    try:
        parts = {
            day["scenario"]: _compared(folder, day, frozen["budgets"][day["scenario"]])
            for day in frozen["days"]
        }
    finally:
        shutil.rmtree(folder)
    first = frozen["days"][0]["scenario"]
    return Result(
        figure=parts[first]["default"]["largest_loss"],
        aim="<= 0.02",
        unit="share of the figure",
        detail={"simulated": True, "detector": frozen["detector"], "days": frozen["days"], **parts},
    )


def _compared(folder: Path, day: dict[str, Any], budgets: list[float | None]) -> dict[str, Any]:
    """One day by full decoding, by half of its frames, and by scouting with several budgets."""
    shop = _Shop.simulated(folder, day)
    full, full_cpu_s = shop.seen("full", FULL)
    found: dict[str, Any] = {
        "full": {figure.name: _shown(figure.value) for figure in full},
        "rests_on": {figure.name: figure.count for figure in full},
        "full_cpu_s": full_cpu_s,
        "half": _said(day, "half", _loss(full, shop.halved())),
    }
    for share in budgets:
        scouting = {} if share is None else {"budget_share": share}
        name = "default" if share is None else f"budget {share:g}"
        settings = {"footage": {"scout": "keyframes"}, "scouting": scouting}
        scouted, cpu_s = shop.seen(name.replace(" ", "-"), settings, from_stage="scout")
        about = {
            "cost_ratio": round(cpu_s / full_cpu_s, 4),
            "detail_s_by_reason": shop.planned(),
            **_loss(full, scouted),
        }
        found[name] = _said(day, name, about)
    return found


def _shown(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 3)


def _loss(full: list[Figure], other: list[Figure]) -> dict[str, Any]:
    lost = losses(full, other)
    name, most = largest(lost)
    return {
        "largest_loss": round(float(most), 4),
        "of": name,
        "losses": {name: round(float(value), 3) for name, value in lost.items()},
    }


def _said(day: dict[str, Any], what: str, found: dict[str, Any]) -> dict[str, Any]:
    """Says a part of the result as soon as it is there: all of it takes its time."""
    print(day["scenario"], what, found, flush=True)
    return found


@dataclass(frozen=True)
class _Shop:
    """A simulated store-day and its lake."""

    day: StoreDay
    folder: Path

    @classmethod
    def simulated(cls, folder: Path, day: dict[str, Any]) -> "_Shop":
        out = folder / day["scenario"]
        console = Console(file=sys.stderr)
        made = simulate(day["scenario"], day["seed"], out, "footage", day["hours"], console)
        return cls(StoreDay(made.store_id, made.business_date), out)

    @property
    def lake(self) -> Lake:
        return Lake(spark_session("storeday bench", MASTER), str(self.folder / "lake"))

    def seen(
        self, name: str, thresholds: dict[str, Any], from_stage: str = ""
    ) -> tuple[list[Figure], float]:
        """Runs the job with some settings; the audit's figures, and CPU seconds of seeing."""
        stores = self._manifest(name, thresholds)
        began = dt.datetime.now(dt.UTC)
        self._run(stores, from_stage)
        runs = self.lake.read_all("ops.runs").where(sf.col("started_at") >= sf.lit(began))
        cpu = runs.where(sf.col("stage").isin(*SEEING)).agg(sf.sum("cpu_s")).first()
        assert cpu is not None
        return self._audited(stores), round(cpu[0], 1)

    def halved(self) -> list[Figure]:
        """The audit after every second frame of each camera was left out."""
        keys = ["store_id", "business_date", "camera_id"]
        rank = sf.dense_rank().over(Window.partitionBy(*keys).orderBy("device_time"))
        rows = self.lake.read(DETECTIONS, [self.day]).withColumn("rank", rank)
        kept = rows.where(sf.col("rank") % 2 == 0).drop("rank").toArrow()
        self.lake.replace_from_arrow(DETECTIONS, kept, self.day)
        stores = self.folder / "stores-full"
        self._run(stores, "track")
        return self._audited(stores)

    def planned(self) -> dict[str, float]:
        """Seconds of detail by reason in the lake's plan."""
        plan = self.lake.read(PLAN, [self.day]).where("reason = 'detail'")
        seconds = plan.groupBy("why").agg(sf.sum(sf.col("to_us") - sf.col("from_us")) / 1e6)
        return {row[0]: round(row[1], 1) for row in seconds.orderBy("why").collect()}

    def _manifest(self, name: str, thresholds: dict[str, Any]) -> Path:
        """A copy of the shop's files with other thresholds."""
        stores = self.folder / f"stores-{name}"
        shutil.copytree(self.folder / "stores", stores)
        file = stores / f"{self.day.store_id}.yaml"
        document = yaml.safe_load(file.read_text("utf-8"))
        for version in document["versions"]:
            version["thresholds"] = {**version.get("thresholds", {}), **thresholds}
        file.write_text(yaml.safe_dump(document), "utf-8")
        return stores

    def _run(self, stores: Path, from_stage: str) -> None:
        places = Places(str(self.folder / "inbox"), str(stores), self.lake.root)
        request = Request(
            places,
            [self.day.store_id],
            [self.day.business_date],
            from_stage=from_stage,
            models="shipped",
            master=MASTER,
            fused=from_stage != "track",
            has_reports=False,
        )
        if run_days(request) != DONE:
            raise RuntimeError(f"{self.day}: the job failed; see the log above")

    def _audited(self, stores: Path) -> list[Figure]:
        audited = audit_truth(self.lake, self.folder / "truth", str(stores), [self.day])
        return audited.figures[self.day]
