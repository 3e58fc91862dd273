"""Stages the real files as one store-day: four cameras, two readers, no sales.

What a person sees in them, from contact sheets:

- *hall* (one-by-one-person-detection.mp4, 139 s): six people come to a round table, one after the
  other, stand at it and leave; `HALL_VISITS` says from when to when each is in the picture.
- *aisle* (store-aisle-detection.gif, 4 s): a man in a hat and a woman in teal stand at the shelves
from
  the start, she reaches up to the shelf from 1.0 s on; a woman in brown comes in from below at 1.0
  s.
- *warehouse* (worker-zone-detection.gif, 4.3 s): one worker in a vest walks away from the camera.
- *bottles* (bottle-detection.mp4, 40 s): three bottles and now and then a hand; no person.
"""

import datetime as dt
import gzip
import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

import yaml

STORE, DATE = "realday", "2023-01-06"
HERE = Path(__file__).resolve().parent

# The clips' start, chosen so that the table is visited while the crate's reader is at work.
CLIPS = {
    "hall": ("one-by-one-person-detection.mp4", "20230106T160400Z"),
    "aisle": ("store-aisle-detection.gif", "20230106T150000Z"),
    "warehouse": ("worker-zone-detection.gif", "20230106T140000Z"),
    "bottles": ("bottle-detection.mp4", "20230106T130000Z"),
}
# Seconds after the clip's start from which, and to which, each visitor is in the picture.
HALL_VISITS = [
    (6.3, 19.6),
    (23.0, 44.5),
    (50.5, 69.7),
    (74.7, 86.8),
    (92.2, 119.8),
    (123.6, 135.8),
]
ITEMTEST = "rfid/itemtest-moving-vs-stationary/data/raw"
UCI = "rfid/uci-batteryless/data/raw"
UCI_STARTS_AT = dt.datetime(2023, 1, 6, 8, tzinfo=dt.UTC)
UCI_EVERY_S = 300


@dataclass(frozen=True)
class RealDay:
    """Where the staged store-day is."""

    inbox: Path
    stores: Path
    models: Path

    @property
    def folder(self) -> Path:
        """The store-day's inbox folder."""
        return self.inbox / STORE / DATE


def stage_real_day(real: Path, target: Path) -> RealDay:
    """Copies the real files into an inbox and writes manifest, products and model manifest.

    Args:
        real: Folder of the real data.
        target: Folder to write to; must not hold a staged day yet.
    """
    day = RealDay(target / "inbox", target / "stores", target / "models.yaml")
    for camera, (clip, start) in CLIPS.items():
        folder = day.folder / "footage" / camera
        folder.mkdir(parents=True)
        shutil.copy(real / "video" / clip, folder / f"{start}{Path(clip).suffix}")
    crate = day.folder / "rfid" / "crate"
    crate.mkdir(parents=True)
    for number, run in enumerate(itemtest_runs(real), start=1):
        shutil.copy(run, crate / f"run{number}.csv")
    ward = day.folder / "rfid" / "ward"
    ward.mkdir()
    for trial in uci_trials(real):
        # Half of them as gzip: a reader's log may be either.
        plain = trial.read_bytes()
        if trial.name.endswith("F"):
            (ward / f"{trial.name}.csv").write_bytes(plain)
        else:
            (ward / f"{trial.name}.csv.gz").write_bytes(gzip.compress(plain, mtime=0))
    _write_stores(real, day)
    write_models(real, day.models)
    return day


def itemtest_runs(real: Path) -> list[Path]:
    """The five runs with a moving crate, in order of their names."""
    return sorted((real / ITEMTEST / "runs EMSE 6Jan").glob("*.csv"))


def uci_trials(real: Path) -> list[Path]:
    """The 87 trials, in order of their names."""
    return sorted((real / UCI).glob("S?_Dataset/d*"))


def uci_epc(trial: str) -> str:
    """The tag of a trial: the log itself names none. `d1p22F` becomes `D1F022F0`, in hex digits."""
    return f"D{trial[1]}F0{trial[3:5]}{'F' if trial.endswith('F') else 'A'}0"


def labelled(real: Path, prefix: str) -> set[str]:
    """EPCs listed in the ItemTest label files whose name begins with a prefix."""
    epcs: set[str] = set()
    for path in (real / ITEMTEST / "labels").glob(f"{prefix}*.csv"):
        epcs |= {line.strip() for line in path.read_text().splitlines() if line.strip()}
    return epcs


def write_models(real: Path, path: Path) -> None:
    """The model manifest for the two real models."""
    files = {
        name: real / "models" / name
        for name in ("yolox_nano.onnx", "osnet_x0_25_msmt17.onnx", "osnet_x0_25_msmt17.onnx.data")
    }
    text = (HERE / "models.yaml.in").read_text()
    for name, file in files.items():
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        text = text.replace(f"@sha256:{name}@", digest)
    path.write_text(text.replace("@models@", str(real / "models")))


def _write_stores(real: Path, day: RealDay) -> None:
    day.stores.mkdir()
    document = yaml.safe_load((HERE / "realday.yaml").read_text())
    (layout,) = document["versions"]
    ward = next(reader for reader in layout["readers"] if reader["id"] == "ward")
    files = {}
    for number, path in enumerate(sorted((day.folder / "rfid" / "ward").iterdir())):
        origin = UCI_STARTS_AT + dt.timedelta(seconds=number * UCI_EVERY_S)
        trial = path.name.split(".")[0]
        files[path.name] = {"time_origin": origin.isoformat(), "epc": uci_epc(trial)}
    ward["log"]["files"] = files
    (day.stores / f"{STORE}.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    lines = ["epc,sku,name,category,home_zone"]
    for epc in sorted(labelled(real, "actual=moving__q=")):
        lines.append(f"{epc},CRATE-100,Tag of the crate,table,table")
    for epc in sorted(labelled(real, "actual=stationary__")):
        lines.append(f"{epc},WALL-1,Tag on the wall,table,table")
    # Tags that the products file does not list are left out.
    for trial in uci_trials(real):
        lines.append(f"{uci_epc(trial.name)},WARD-1,Tag in the ward,ward,")
    (day.stores / f"{STORE}.products.csv").write_text("\n".join(lines) + "\n")
