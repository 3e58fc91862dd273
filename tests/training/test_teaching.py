"""Distillation: what a teacher's boxes and scores become."""

from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storeday.training.teaching import open_teacher, read_pictures, taught_frames


class Told:
    """A teacher that always sees the same three."""

    def people(self, pictures):
        boxes = np.array([[1, 2, 11, 32], [20, 2, 30, 32], [40, 2, 50, 32]], np.float32)
        return [(boxes, np.array([0.9, 0.2, 0.05], np.float32)) for _ in pictures]


def jpeg(level):
    return cv2.imencode(".jpg", np.full((40, 60, 3), level, np.uint8))[1].tobytes()


def test_scores_are_certainty_and_doubts_are_not_asked_for():
    (frame,) = taught_frames([jpeg(90)], Told())
    assert [one.certainty for one in frame.people] == pytest.approx([0.9, 0.2])
    assert [one.visible_share for one in frame.people] == [1.0, 0.0]
    assert frame.people[0].box_px == (1, 2, 11, 32)
    assert frame.people[0].is_handling is None


def test_pictures_come_from_tables_and_files_by_name(tmp_path):
    tables = {"frame": [0, 1], "jpeg": [jpeg(10), jpeg(20)]}
    pq.write_table(pa.table(tables), tmp_path / "b.frames.parquet")
    (tmp_path / "a.JPG").write_bytes(jpeg(30))
    (tmp_path / "notes.txt").write_text("nothing")
    assert list(read_pictures(tmp_path)) == [jpeg(30), jpeg(10), jpeg(20)]
    (tmp_path / "none").mkdir()
    with pytest.raises(FileNotFoundError, match=r"no \*\.frames\.parquet and no \*\.jpg"):
        list(read_pictures(tmp_path / "none"))


def test_another_kind_of_model_is_no_teacher():
    shipped = Path(__file__).parents[2] / "lib/storeday/models/storeday_detector.onnx"
    with pytest.raises(ValueError, match="no YOLOX model"):
        open_teacher(shipped)


@pytest.mark.real
def test_yolox_teaches(real):
    teacher = open_teacher(real / "models" / "yolox_nano.onnx")
    (frame,) = taught_frames([jpeg(90)], teacher)
    assert list(frame.people) == []
