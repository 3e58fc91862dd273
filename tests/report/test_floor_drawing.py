"""Names of zones on the plan: whole where they fit on several lines or in smaller letters."""

import pytest

from storeday.manifest import Zone
from storeday.report.floor_drawing import LETTER_WIDTH, fitting

NAME = "Fitting rooms"


def zone_of(letters, lines):
    """A rectangle that holds so many letters of full height, and lines."""
    width, height = letters * LETTER_WIDTH + 0.01, lines * 1.15 + 0.01
    corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
    return Zone(id="fitting", name=NAME, kind="fitting_room", polygon_m=corners)


@pytest.mark.parametrize(
    ("letters", "lines", "shown", "size"),
    [
        (13, 1, [NAME], 1.0),
        (8, 2, ["Fitting", "rooms"], 1.0),
        (12, 1, [NAME], 0.85),
        (5, 3, ["Fitting", "rooms"], 0.7),
        (5, 1, ["Fittin…"], 0.7),
        (3, 1, [], 1.0),
    ],
)
def test_a_name_is_wrapped_then_made_smaller_then_cut(letters, lines, shown, size):
    assert fitting(NAME, zone_of(letters, lines), 1.0) == (shown, size)
