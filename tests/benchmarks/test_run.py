"""The README's tables are rendered block by block, and nothing else changes."""

from run import rendered

TEXT = """Before.

<!-- benchmarks: begin -->
| figure | measured | aim | unit | command |
|---|---|---|---|---|
| `a` | 1.0 | <= 2 | s | `make -s bench NAME=a` |
| `c` | 3.0 | <= 4 | s | `make -s bench NAME=c` |
<!-- benchmarks: end -->

<!-- c: begin -->
old
<!-- c: end -->
After.
"""


def line(name, figure, **detail):
    return {"bench": name, "figure": figure, "aim": "<= 9", "unit": "s", "detail": detail}


def test_a_row_is_replaced_and_others_stay():
    text = rendered(TEXT, [line("c", 5.0, simulated=True)])
    assert "| `a` | 1.0 | <= 2 | s | `make -s bench NAME=a` |" in text
    assert "| `c` | 5.0, simulated | <= 9 | s | `make -s bench NAME=c` |" in text
    assert text.count("`c`") == 1
    assert "\nold\n" in text


def test_a_new_row_stands_in_order_and_a_table_in_its_block():
    table = {"columns": ["x", "y"], "rows": {"one": [0.5, None]}}
    text = rendered(TEXT, [line("b", 2.0), line("c", 5.0, table=table)])
    assert text.index("`a`") < text.index("`b`") < text.index("`c`")
    assert "\nold\n" not in text
    assert (
        "<!-- c: begin -->\n| | x | y |\n|---|---|---|\n| `one` | 0.5 |  |\n<!-- c: end -->" in text
    )
    assert text.startswith("Before.\n")
    assert text.endswith("After.\n")
