"""Why an interaction has its customer: its component of the graph, in words and as a drawing."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
import pyarrow as pa
import pyarrow.compute as pc

from storeday.association.explained_evidence import DayEvidence, Told, told

NOBODY = "nobody"
# The drawing, in pixels: room for ids on either side, and for each node.
WIDTH_PX, MARGIN_PX, ROW_PX, RADIUS_PX = 900, 260, 34, 7
THICKEST_PX = 8.0

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Explanation:
    """A component explained.

    Attributes:
        text: Lines for a terminal.
        svg: A drawing, rummages on the left, customers on the right.
        graph: The component: nodes ("rummage", id) and ("customer", id), edges with `probability`,
            `log_likelihood_ratio` and `is_chosen`.
    """

    text: str
    svg: str
    graph: "nx.Graph[Any]"


def explain(
    interaction: Row, match_candidates: pa.Table, day: DayEvidence | None = None
) -> Explanation:
    """Explains an interaction by all candidates of its component.

    Args:
        interaction: A row of `gold.interactions`.
        match_candidates: Rows of `silver.match_candidates` of the store-day, in any order.
        day: More of the store-day: when, where and by which clocks; None for probabilities alone.

    Returns:
        The explanation; the same for any order of rows.

    Raises:
        ValueError: The interaction's rummages are not among the candidates.

    Example:
        >>> candidates = pa.table({
        ...     "rummage_id": ["r", "r"], "customer_id": ["x", None], "action_id": ["a", None],
        ...     "log_likelihood_ratio": [2.2, 0.0], "probability": [0.9, 0.1],
        ...     "is_chosen": [True, False], "component_id": ["r", "r"]})
        >>> print(explain({"interaction_id": "r", "rummage_ids": ["r"]}, candidates).text)
        interaction r: component r, rummages: 1, customers: 1
        rummage r (of this interaction)
          * x       0.900  log-ratio  +2.20  action a
            nobody  0.100
    """
    asked = set(interaction["rummage_ids"])
    own = match_candidates.filter(
        pc.is_in(match_candidates["rummage_id"], pa.array(sorted(asked), pa.string()))
    )
    components = sorted(set(own["component_id"].to_pylist()))
    if not components:
        raise ValueError(
            f"interaction {interaction['interaction_id']!r}: none of its rummages "
            f"({', '.join(sorted(asked))}) is in silver.match_candidates of this store-day"
        )
    part = match_candidates.filter(
        pc.is_in(match_candidates["component_id"], pa.array(components, pa.string()))
    )
    rows = sorted(
        part.to_pylist(),
        key=lambda row: (row["rummage_id"], row["customer_id"] is None, -row["probability"]),
    )
    graph = _graph(rows)
    head = f"interaction {interaction['interaction_id']}: component {', '.join(components)}, "
    sides = [node for node, _ in graph.nodes]
    head += f"rummages: {sides.count('rummage')}, customers: {sides.count('customer')}"
    beside = told(day)
    lines = [head, *_answer(interaction), *_lines(rows, asked, beside)]
    names = {row["rummage_id"] for row in rows}
    lines += beside.clock_lines(names, {row["action_id"] for row in rows})
    return Explanation("\n".join(lines), _svg(graph, asked), graph)


def _answer(interaction: Row) -> list[str]:
    """What was published of it, where the row says."""
    if "epc" not in interaction:
        return []
    goods = interaction.get("sku") or "a product that is not in the products file"
    zone = f" in {interaction['zone_id']}" if interaction.get("zone_id") else ""
    what = f"{goods}, tag {interaction['epc']}{zone}, {interaction['time']:%H:%M:%S} UTC"
    if interaction["customer_id"]:
        who = f"published: {interaction['customer_id']}, probability"
    else:
        who = f"no customer published ({interaction['unmatched_reason']}); likeliest"
    return [what, f"{who} {interaction['probability']:.3f}"]


def _graph(rows: Sequence[Row]) -> "nx.Graph[Any]":
    graph: nx.Graph[Any] = nx.Graph()
    for row in rows:
        graph.add_node(("rummage", row["rummage_id"]))
        if row["customer_id"] is not None:
            graph.add_edge(
                ("rummage", row["rummage_id"]),
                ("customer", row["customer_id"]),
                probability=row["probability"],
                log_likelihood_ratio=row["log_likelihood_ratio"],
                is_chosen=row["is_chosen"],
            )
    return graph


def _lines(rows: Sequence[Row], asked: set[str], beside: Told) -> list[str]:
    wide = max(len(row["customer_id"] or NOBODY) for row in rows)
    lines, last = [], None
    for row in rows:
        if row["rummage_id"] != last:
            last = row["rummage_id"]
            mark = " (of this interaction)" if last in asked else ""
            where = beside.rummage(last)
            lines.append(f"rummage {last}{mark}{': ' if where else ''}{where}")
        mark = "*" if row["is_chosen"] else " "
        name = (row["customer_id"] or NOBODY).ljust(wide)
        line = f"  {mark} {name}  {row['probability']:.3f}"
        if row["customer_id"] is not None:
            line += f"  log-ratio {row['log_likelihood_ratio']:+6.2f}"
            line += f"  action {row['action_id']}" if row["action_id"] else ""
            seen = beside.action(row["action_id"] or "", row["rummage_id"])
            line += f": {seen}" if seen else ""
        lines.append(line)
    return lines


def _svg(graph: "nx.Graph[Any]", asked: set[str]) -> str:
    left = sorted(node for node in graph if node[0] == "rummage")
    right = sorted(node for node in graph if node[0] == "customer")
    rows = max(len(left), len(right))
    height = ROW_PX * (rows + 1)
    place = {}
    for side, x in ((left, MARGIN_PX), (right, WIDTH_PX - MARGIN_PX)):
        for number, node in enumerate(side):
            place[node] = x, round(height * (number + 1) / (len(side) + 1), 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_PX}" height="{height}" '
        f'viewBox="0 0 {WIDTH_PX} {height}" font-family="sans-serif" font-size="12">'
    ]
    for one, other, edge in sorted(graph.edges(data=True), key=lambda item: sorted(item[:2])):
        (x0, y0), (x1, y1) = place[one], place[other]
        colour = "#1f6f43" if edge["is_chosen"] else "#9a9a9a"
        thick = round(max(THICKEST_PX * edge["probability"], 0.5), 2)
        parts.append(
            f'<line x1="{x0}" y1="{y0}" x2="{x1}" y2="{y1}" stroke="{colour}" '
            f'stroke-width="{thick}"><title>{edge["probability"]:.3f}</title></line>'
        )
    parts += [_node(node, place[node], asked) for node in left + right]
    return "\n".join([*parts, "</svg>"])


def _node(node: tuple[str, str], place: tuple[float, float], asked: set[str]) -> str:
    x, y = place
    is_left = node[0] == "rummage"
    colour = "#b3541e" if is_left and node[1] in asked else "#2b4c7e"
    text_x, anchor = (x - 14, "end") if is_left else (x + 14, "start")
    return (
        f'<circle cx="{x}" cy="{y}" r="{RADIUS_PX}" fill="{colour}"/>'
        f'<text x="{text_x}" y="{y + 4}" text-anchor="{anchor}">{html.escape(node[1])}</text>'
    )
