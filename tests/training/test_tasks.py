"""Tasks from folders to ONNX files, as small as they go; they need torch."""

import csv
import datetime as dt
import json

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra `train`")

from storeday.inference.sessions import open_session  # noqa: E402
from storeday.labelling.export_format import COLUMNS, LABELS, MARKER, PICTURES  # noqa: E402
from storeday.training.__main__ import main  # noqa: E402
from storeday.training.labelled_frames import Frame, Person, write_frames  # noqa: E402
from storeday.training.tasks import detector as detector_task  # noqa: E402
from storeday.training.tasks import options  # noqa: E402

CPU = ("CPUExecutionProvider",)


def export(folder, count, seed):
    """Bodies on grey; those that handle have a white hand out."""
    rng = np.random.default_rng(seed)
    (folder / PICTURES).mkdir(parents=True)
    told = {
        "export_id": folder.name, "store_id": "s1", "business_date": "2026-11-20",
        "purpose": "teaching", "expires_on": (dt.date.today() + dt.timedelta(days=5)).isoformat(),
    }  # fmt: skip
    (folder / MARKER).write_text(json.dumps(told))
    with (folder / LABELS).open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for number in range(count):
            picture = rng.integers(60, 120, (120, 80, 3), dtype=np.uint8)
            picture[20:100, 30:50] = 160
            if number % 2:
                picture[40:60, 50:75] = 250
            name = f"{PICTURES}/{number}.jpg"
            cv2.imwrite(str(folder / name), picture)
            table.writerow([name, "c", "t", "chance", "", 30, 20, 50, 100, number % 2])
    return folder


def test_a_shops_own_labels_teach_the_classifier(tmp_path, monkeypatch):
    learnt, judged = export(tmp_path / "a", 24, 1), export(tmp_path / "b", 12, 2)
    words = ["handling", "--labels", str(learnt), "--held-out-labels", str(judged)]
    words += ["--out", str(tmp_path / "h.onnx"), "--epochs", "8", "--batch", "8", "--threads", "1"]
    with pytest.raises(ValueError, match="--labels without --lake"):
        main(words)
    last = dt.date.today() + dt.timedelta(days=5)
    monkeypatch.setattr(options, "logged_exports", lambda lake: {"a": last, "b": last})
    assert main([*words, "--lake", "lake"]) == 0
    figures = json.loads((tmp_path / "h.json").read_text())
    assert figures["held_out_crops"] == 12
    assert figures["accuracy"] > 0.9
    assert open_session(tmp_path / "h.onnx", CPU, threads=1).output_shapes[0][1:] == (1,)
    with pytest.raises(ValueError, match="0 people held out"):
        main(["handling", "--labels", str(learnt), "--lake", "lake", *words[5:]])


def test_a_teacher_takes_the_place_of_labels(tmp_path, monkeypatch):
    class Told:
        def people(self, pictures):
            box = np.array([[20, 20, 60, 150]], np.float32)
            return [(box, np.array([0.8], np.float32)) for _ in pictures]

    picture = np.full((180, 320, 3), 90, np.uint8)
    picture[20:150, 20:60] = 200
    jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
    nobody = Frame(jpeg, [Person("", (0, 0, 9, 9), 1.0, None)])
    write_frames(tmp_path, "f", lambda: [nobody] * 4)
    monkeypatch.setattr(detector_task, "open_teacher", lambda path, threads: Told())
    words = ["detector", "--frames", str(tmp_path), "--held-out", str(tmp_path), "--epochs", "1"]
    words += ["--batch", "4", "--threads", "1", "--out", str(tmp_path / "d.onnx")]
    assert main([*words, "--teacher", "yolox.onnx"]) == 0
    assert json.loads((tmp_path / "d.json").read_text())["people"] == 4
