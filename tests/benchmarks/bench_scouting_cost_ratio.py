"""What scouting saves: CPU seconds of decode and detect against all at five frames a second.

The looks are part of the cost. Simulated footage, rendered by `storeday simulate`; the detector is
YOLOX-nano, on one thread; rummage events are the simulator's, with its error rates (level `events`
of the same seed). Everything runs in one process without Spark; the reading process's CPU counts.
The figure is that of the first 12 minutes of `quiet_boutique`, and the ten before it opens.
Beside it: a curve over budgets, with the share of true handlings that fall into decoded stretches,
groups of pictures of 1 to 8 s, and `busy_saturday`.

Simulated cameras record on motion alone, so that somebody is in almost every frame: the empty hours
that a real day has would only make scouting cheaper.
"""

import shutil
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from measure import Result, real_data

SEED = 11
# Beside the ten minutes before opening that are simulated as well.
HOURS, SHORT_HOURS, BUSY_HOURS = 0.2, 0.03, 0.01
BUDGETS = (0.1, 0.3, 2.0)
GOPS_S = (1.0, 2.0, 4.0, 8.0)


def run() -> Result:
    folder = Path(tempfile.mkdtemp(prefix="storeday-bench-"))
    try:
        models = _detector(folder)
        quiet = _Day(folder / "quiet", "quiet_boutique", HOURS, None, models)
        full = _said("full", quiet.full())
        planned = _said("planned", quiet.planned())
        gops = {}
        for gop_s in GOPS_S:
            day = _Day(folder / f"gop{gop_s:g}", "quiet_boutique", SHORT_HOURS, gop_s, models)
            gops[f"{gop_s:g}"] = _said(f"gop {gop_s:g} s", _beside(day.planned(), day.full()))
        busy = _Day(folder / "busy", "busy_saturday", BUSY_HOURS, None, models)
        crowded = _said("busy_saturday", _beside(busy.planned(), busy.full()))
        curve = [
            _said(f"budget {share}", {"budget_share": share, **_beside(quiet.planned(share), full)})
            for share in BUDGETS
        ]
    finally:
        shutil.rmtree(folder)
    return Result(
        figure=_ratio(planned, full),
        aim="<= 0.167",
        unit="ratio",
        detail={
            "seed": SEED,
            "simulated": True,
            "full": full,
            "planned": planned,
            "curve": curve,
            "by_gop_s": gops,
            "busy_saturday": crowded,
        },
    )


def _said(what: str, figures: dict[str, Any]) -> dict[str, Any]:
    """Says a part of the result as soon as it is there: all of it takes its time."""
    print(what, figures, flush=True)
    return figures


def _beside(planned: dict[str, Any], full: dict[str, Any]) -> dict[str, Any]:
    return {
        "ratio": _ratio(planned, full),
        "full_frames": full["frames"],
        "people_per_frame": round(full["people_per_frame"], 2),
        **planned,
    }


def _ratio(planned: dict[str, Any], full: dict[str, Any]) -> float:
    return round(planned["cpu_s"] / full["cpu_s"], 4)


def _detector(folder: Path) -> Path:
    """The model manifest with the person detector alone."""
    from real_day import write_models

    path = folder / "models.yaml"
    write_models(real_data(), path)
    document = yaml.safe_load(path.read_text())
    document["models"] = [m for m in document["models"] if m["role"] == "person_detector"]
    path.write_text(yaml.safe_dump(document))
    return path


class _Day:
    """A simulated store-day, and what it costs to see it."""

    def __init__(
        self, out: Path, scenario: str, hours: float, gop_s: float | None, models: Path
    ) -> None:
        from storeday.inference import InferenceSettings, load_models, open_models
        from storeday.lake.store_day import StoreDay
        from storeday.simulate import load_scenario, simulate_store_day
        from storeday.stages.plan import Places, plan_days

        chosen = load_scenario(scenario, hours=hours)
        if gop_s is not None:
            cameras = chosen.cameras.model_copy(update={"gop_s": gop_s})
            chosen = chosen.model_copy(update={"cameras": cameras})
        made = simulate_store_day(chosen, SEED, out, "footage")
        events = simulate_store_day(chosen, SEED, out / "events", "events").tables
        self.models = load_models(models)
        self.opened = open_models(self.models, InferenceSettings(providers="cpu"))
        places = Places(str(made.inbox), str(made.stores), str(out / "lake"))
        day = StoreDay(made.store_id, made.business_date)
        (self.plan,) = plan_days(places, [day], self.models).plans
        self.truth = pq.read_table(
            made.truth / day.store_id / day.business_date.isoformat() / "interactions.parquet"
        )
        self.clocks = made.world.clocks
        self.starts_us = round(made.world.starts_at.timestamp() * 1e6)
        self.items = self._items(events["silver.rummage_events"])

    def _items(self, rummages: pa.Table) -> list[dict[str, Any]]:
        """One item per camera, as stage `scout` makes them."""
        from storeday.footage import probe_segment, segment_start

        stamp = rummages["peak_time"].cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
        events = [
            {"peak_us": peak, "reader_id": reader, "antenna": antenna}
            for peak, reader, antenna in zip(
                stamp.to_pylist(),
                rummages["reader_id"].to_pylist(),
                rummages["antenna"].to_pylist(),
                strict=True,
            )
        ]
        items = []
        for camera in self.plan.layout.cameras:
            segments = []
            for file in self.plan.files_in(f"footage/{camera.id}"):
                probe = probe_segment(Path(self.plan.inbox) / file.path)
                start = segment_start(Path(file.path).name, camera.footage_pattern)
                segments.append(
                    {
                        "segment": Path(file.path).name,
                        "source_file": file.path,
                        "started_at_us": round(start.timestamp() * 1e6),
                        "duration_s": probe.duration_s,
                    }
                )
            items.append({"camera_id": camera.id, "segments": segments, "events": events})
        return items

    def full(self) -> dict[str, Any]:
        """Every segment at the detail rate."""
        from storeday.footage import TO_THE_END_US, Stretch

        rate = self.plan.settings.scouting.detail_frames_per_s
        whole = [Stretch(0, TO_THE_END_US, rate, "detail")]
        cpu = _Cpu()
        frames = people = 0
        for item in self.items:
            for segment in item["segments"]:
                seen, found = self._see(segment, whole)
                frames, people = frames + seen, people + found
        return {
            "cpu_s": cpu.spent_s(),
            "frames": frames,
            "people_per_frame": people / max(1, frames),
        }

    def planned(self, budget_share: float | None = None) -> dict[str, Any]:
        """Looks first, then what the plan says."""
        from storeday.footage import Stretch
        from storeday.stages.scout_camera import LOOKS, PLAN, scout_camera

        settings = self.plan.settings
        if budget_share is not None:
            scouting = replace(settings.scouting, budget_share=budget_share)
            settings = replace(settings, scouting=scouting)
        plan = replace(self.plan, settings=settings)
        cpu = _Cpu()
        looks = examined = frames = 0
        rows: list[dict[str, Any]] = []
        for item in self.items:
            tables: dict[str, pa.Table] = {}
            for given in scout_camera(plan, item, self.models):
                tables |= given
            looks += tables[LOOKS].num_rows
            examined += sum(tables[LOOKS]["is_examined"].to_pylist())
            details = [row for row in tables[PLAN].to_pylist() if row["reason"] == "detail"]
            rows += details
            for segment in item["segments"]:
                stretches = [
                    Stretch(row["from_us"], row["to_us"], row["frames_per_s"], "detail")
                    for row in details
                    if row["segment"] == segment["segment"]
                ]
                if stretches:
                    frames += self._see(segment, stretches)[0]
        spent_s = cpu.spent_s()
        return {
            "cpu_s": spent_s,
            "looks": looks,
            "looks_examined": examined,
            "detail_frames": frames,
            "detail_s_by_reason": _seconds_by_reason(rows),
            "handlings_in_detail": self._handlings_in(rows),
        }

    def _see(self, segment: dict[str, Any], stretches: list[Any]) -> tuple[int, int]:
        from storeday.footage import sample_segment
        from storeday.inference import infer_frames

        path = Path(self.plan.inbox) / segment["source_file"]
        sampling = sample_segment(path, stretches, self.plan.settings.footage)
        pairs = ((frame.pts_us, frame.jpeg) for frame in sampling)
        found = [
            len(people.scores)
            for _, people in infer_frames(pairs, self.opened, self.plan.settings.inference)
        ]
        return len(found), sum(found)

    def _handlings_in(self, rows: list[dict[str, Any]]) -> float:
        """Share of true handlings whose middle a decoded stretch of some camera holds."""
        starts = {
            (item["camera_id"], segment["segment"]): segment["started_at_us"]
            for item in self.items
            for segment in item["segments"]
        }
        stamp = pa.timestamp("us", tz="UTC")
        ends = [
            self.truth[name].cast(stamp).cast(pa.int64()).to_numpy() for name in ("time", "ended")
        ]
        middle_s = ((ends[0] + ends[1]) / 2 - self.starts_us) / 1e6
        if not len(middle_s):
            return float("nan")
        inside = np.zeros(len(middle_s), bool)
        for row in rows:
            shown_us = self.starts_us + self.clocks[row["camera_id"]].reads(middle_s) * 1e6
            since_us = shown_us - starts[row["camera_id"], row["segment"]]
            inside |= (since_us >= row["from_us"]) & (since_us < row["to_us"])
        return round(float(inside.mean()), 3)


@dataclass
class _Cpu:
    """Processor time of this process and of its reading processes."""

    def __post_init__(self) -> None:
        self._before_s = self._now_s()

    def spent_s(self) -> float:
        return round(self._now_s() - self._before_s, 2)

    def _now_s(self) -> float:
        from storeday.footage import reader_cpu_s

        return time.process_time() + reader_cpu_s()


def _seconds_by_reason(rows: list[dict[str, Any]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for row in rows:
        total[row["why"]] = total.get(row["why"], 0.0) + (row["to_us"] - row["from_us"]) / 1e6
    return {why: round(seconds, 1) for why, seconds in sorted(total.items())}
