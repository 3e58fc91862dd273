"""`storeday calibration check` on made footage."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from storeday.cli import app

MANIFEST = """
store_id: s1
versions:
  - valid_from: 2026-01-01
    timezone: UTC
    opening_hours: {days: {}}
    floor_plan: {width_m: 6, height_m: 3}
    zones: [{id: rack, kind: display, polygon_m: [[2, 1], [4, 1], [4, 2], [2, 2]]}]
    cameras:
      - {id: a, width_px: 640, height_px: 320, purpose: counting, calibration_points:
          [[[0, 0], [0, 3]], [[640, 0], [6.4, 3]], [[640, 300], [6.4, 0]], [[0, 300], [0, 0]],
           [[320, 150], [3.2, 1.0]]]}
      - {id: b, width_px: 640, height_px: 320, purpose: counting,
         homography: [[0.01, 0, 0], [0, -0.01, 3], [0, 0, 1]]}
"""


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "stores").mkdir()
    (tmp_path / "stores" / "s1.yaml").write_text(MANIFEST)
    folder = tmp_path / "inbox" / "s1" / "2026-11-20" / "footage" / "a"
    folder.mkdir(parents=True)
    with av.open(str(folder / "20261120T090000Z.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=5, options={"g": "5"})
        stream.width, stream.height, stream.pix_fmt = 640, 320, "yuv420p"
        for number in range(60):
            picture = np.full((320, 640, 3), 40, np.uint8)
            # A bright passer-by, who must not be seen in what is drawn.
            picture[100:220, number * 10 : number * 10 + 40] = 250
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "bgr24")))
        container.mux(stream.encode())
    return tmp_path / "inbox"


def _run(inbox: Path, *more: str):
    words = ["calibration", "check", "--stores", str(inbox.parent / "stores"), "--store", "s1"]
    return CliRunner().invoke(app, [*words, "--date", "2026-11-20", *more])


def test_errors_are_printed_and_the_scene_is_empty(inbox):
    out = inbox.parent / "pictures"
    result = _run(inbox, "--inbox", str(inbox), "--out", str(out))
    assert result.exit_code == 0, result.output
    assert "5: 0.50 m" in result.output
    picture = cv2.imread(str(out / "a.png"))
    assert picture.shape == (320, 640, 3)
    # Neither grid nor zone there: the floor's own grey, nobody walking.
    assert abs(int(picture[160, 450].max()) - 40) < 12
    # The grid's line at 2 m lies some 100 px down.
    assert (picture[80:150, 450].max(axis=0) > 100).any()


def test_without_footage_it_draws_on_plain_grey(inbox):
    out = inbox.parent / "pictures"
    assert _run(inbox, "--out", str(out)).exit_code == 0
    assert cv2.imread(str(out / "b.png"))[160, 450].tolist() == [96, 96, 96]


def test_a_wrong_manifest_is_wrong_use(inbox):
    (inbox.parent / "stores" / "s1.yaml").write_text("store_id: s1")
    assert _run(inbox).exit_code == 2
