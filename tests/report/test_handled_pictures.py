"""Pictures of interactions on the page: only where allowed, few, small, with words for them."""

import base64
import dataclasses
import re

import pytest
from made_day import made, made_inputs

from storeday.manifest import Privacy
from storeday.report import day_page
from storeday.report.handled_section import MOST_PICTURE_BYTES, MOST_PICTURES


def inputs(pictures, is_allowed=True):
    """The made day with rows of `silver.snapshots`: bytes, or why there are none."""
    rows = [
        {
            "interaction_id": f"i{number:02d}",
            "camera_id": "front",
            "jpeg": what if isinstance(what, bytes) else None,
            "missing_reason": None if isinstance(what, bytes) else what,
        }
        for number, what in pictures.items()
    ]
    found = made_inputs()
    layout = found.today.layout.model_copy(update={"privacy": Privacy(snapshots=is_allowed)})
    tables = {**found.today.tables, "silver.snapshots": made("silver.snapshots", rows)}
    return dataclasses.replace(
        found, today=dataclasses.replace(found.today, layout=layout, tables=tables)
    )


def handled(page):
    return re.search(r'<section class="part" id="handled".*?</section>', page, re.DOTALL).group()


def test_pictures_stand_on_the_page_with_words_and_their_share_is_told():
    part = handled(day_page(inputs({1: b"\xff\xd8one", 2: b"\xff\xd8two", 3: "no_frame"})))
    shown = re.findall(r'<img src="data:image/jpeg;base64,([^"]+)" alt="([^"]+)"', part)
    assert {base64.b64decode(data) for data, _ in shown} == {b"\xff\xd8one", b"\xff\xd8two"}
    assert all("everybody is pixelated" in alt for _, alt in shown)
    assert "2 of 30 have a picture" in part
    assert "1: no frame was kept within a second" in part
    assert "27: over the day&#39;s limit, or no camera saw them reach" in part


def test_nothing_is_shown_unless_the_manifest_allows_it():
    part = handled(day_page(inputs({1: b"\xff\xd8one"}, is_allowed=False)))
    assert "<img" not in part
    assert "Pictures are off (privacy.snapshots)." in part


@pytest.mark.parametrize(("size", "most"), [(100, MOST_PICTURES), (30_000, 8)])
def test_number_and_bytes_of_pictures_are_bounded(size, most):
    pictures = {number: b"\xff\xd8" + bytes(size - 2) for number in range(40) if number % 4}
    part = handled(day_page(inputs(pictures)))
    found = re.findall(r"base64,([^\"]+)", part)
    assert len(found) == most
    assert sum(len(base64.b64decode(each)) for each in found) <= MOST_PICTURE_BYTES
