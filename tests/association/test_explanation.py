"""A component in words and as a drawing."""

import xml.etree.ElementTree as ET

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest

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
