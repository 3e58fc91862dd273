"""A component in words and as a drawing."""

import datetime as dt
import xml.etree.ElementTree as ET

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest

from storeday.association.explained_evidence import DayEvidence
from storeday.association.explanation import explain

ROWS = [
    ("r1", "x", "a1", 2.0, 0.7, True, "r1"),
    ("r1", "y", None, 0.5, 0.2, False, "r1"),
    ("r1", None, None, 0.0, 0.1, False, "r1"),
    ("r2", "y", "a2", 3.0, 0.9, True, "r1"),
    ("r2", None, None, 0.0, 0.1, False, "r1"),
    ("r3", "z<&>", "a3", 3.0, 0.9, True, "r3"),
    ("r3", None, None, 0.0, 0.1, False, "r3"),
]
NAMES = (
    "rummage_id",
    "customer_id",
    "action_id",
    "log_likelihood_ratio",
    "probability",
    "is_chosen",
    "component_id",
)


def candidates(rows):
    return pa.table({name: [row[at] for row in rows] for at, name in enumerate(NAMES)})


def test_the_whole_component_is_told_and_nothing_else():
    found = explain({"interaction_id": "r2", "rummage_ids": ["r2"]}, candidates(ROWS))
    assert found.text.splitlines() == [
        "interaction r2: component r1, rummages: 2, customers: 2",
        "rummage r1",
        "  * x       0.700  log-ratio  +2.00  action a1",
        "    y       0.200  log-ratio  +0.50",
        "    nobody  0.100",
        "rummage r2 (of this interaction)",
        "  * y       0.900  log-ratio  +3.00  action a2",
        "    nobody  0.100",
    ]
    assert nx.is_connected(found.graph)
    assert nx.is_bipartite(found.graph)


def test_the_drawing_is_sound_svg_with_every_node_and_edge():
    found = explain({"interaction_id": "r3", "rummage_ids": ["r3", "r1"]}, candidates(ROWS))
    root = ET.fromstring(found.svg)
    space = "{http://www.w3.org/2000/svg}"
    assert len(root.findall(f"{space}circle")) == 6
    assert len(root.findall(f"{space}line")) == 4
    assert "z<&>" in {text.text for text in root.findall(f"{space}text")}


@pytest.mark.parametrize("seed", range(3))
def test_row_order_decides_nothing(seed):
    order = np.random.default_rng(seed).permutation(len(ROWS))
    asked = {"interaction_id": "r1", "rummage_ids": ["r1"]}
    first = explain(asked, candidates(ROWS))
    second = explain(asked, candidates([ROWS[row] for row in order]))
    assert (first.text, first.svg) == (second.text, second.svg)


def test_an_interaction_without_candidates_is_named():
    with pytest.raises(ValueError, match=r"interaction 'q': none of its rummages \(q\) is in"):
        explain({"interaction_id": "q", "rummage_ids": ["q"]}, candidates(ROWS))


def test_moments_devices_and_clocks_are_told():
    at = dt.datetime(2026, 1, 5, 9, 0, tzinfo=dt.UTC)

    def later(seconds):
        return at + dt.timedelta(seconds=seconds)

    rummages = pa.table(
        {
            "rummage_id": ["r3"],
            "epc": ["E0"],
            "reader_id": ["rack"],
            "antenna": [2],
            "peak_time": [later(17)],
            "zone_id": ["coats"],
        }
    )
    actions = pa.table(
        {
            "action_id": ["a3"],
            "camera_id": ["front"],
            "peak_time": [later(5)],
            "probability": [0.9],
        }
    )
    clocks = pa.table(
        {
            "device_id": ["front", "rack"],
            "valid_from": [at, at],
            "offset_s": [0.0, 10.0],
            "drift_ppm": [0.0, 0.0],
            "std_error_s": [0.0, 0.2],
            "evidence": ['{"method": "handling"}'] * 2,
        }
    )
    interaction = {
        "interaction_id": "r3",
        "rummage_ids": ["r3"],
        "epc": "E0",
        "sku": None,
        "zone_id": "coats",
        "time": later(7),
        "customer_id": None,
        "unmatched_reason": "handled_by_staff",
        "probability": 0.9,
    }
    day = DayEvidence(rummages, actions, clocks)
    assert explain(interaction, candidates(ROWS), day).text.splitlines()[1:] == [
        "a product that is not in the products file, tag E0 in coats, 09:00:07 UTC",
        "no customer published (handled_by_staff); likeliest 0.900",
        "rummage r3 (of this interaction): 09:00:07 UTC, rack antenna 2, zone coats, tag E0",
        "  * z<&>    0.900  log-ratio  +3.00  action a3: front, probability 0.90, "
        "2.0 s before the tag moved",
        "    nobody  0.100",
        "clock of front: +0.00 s, standard error 0.00 s (handling)",
        "clock of rack: +10.00 s, standard error 0.20 s (handling)",
    ]
