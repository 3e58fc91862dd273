"""Runs benchmarks: `make -s bench NAME=<name>`, or all of them.

A benchmark is a module `bench_<name>.py` with a function `run() -> Result`. Its result is one JSON
line, last on stdout. Without a name all are run and the README's tables are rendered anew; with
`--render` (`make -s bench NAME=<name> RENDER=1`) the rows of the named one are.

A result whose detail holds a `table` (`columns`, and `rows` by name) fills the README's block of
the benchmark's name, if there is one.
"""

import argparse
import contextlib
import importlib.util
import json
import re
import sys
import traceback
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
README = FOLDER.parents[1] / "README.md"
FIGURES = "benchmarks"

sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "real")]

from measure import calibration_s, machine  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="?", help="one benchmark; all where it is left out")
    parser.add_argument("--render", action="store_true", help="put its rows into the README")
    chosen = parser.parse_args()
    name = chosen.name
    names = [name] if name else sorted(available())
    if name and name not in available():
        print(f"no benchmark {name!r}; there are {', '.join(sorted(available()))}", file=sys.stderr)
        return 2
    lines = []
    failed = False
    for each in names:
        try:
            lines.append(run(each))
        except Exception:
            traceback.print_exc()
            failed = True
    if name is None or chosen.render:
        README.write_text(rendered(README.read_text("utf-8"), lines), "utf-8")
    for line in lines:
        print(json.dumps(line))
    return 1 if failed else 0


def available() -> set[str]:
    return {path.stem.removeprefix("bench_") for path in FOLDER.glob("bench_*.py")}


def run(name: str) -> dict:
    """Runs one benchmark with everything else it prints sent to stderr."""
    spec = importlib.util.spec_from_file_location(f"bench_{name}", FOLDER / f"bench_{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    with contextlib.redirect_stdout(sys.stderr):
        result = module.run()
    return {
        "bench": name,
        "figure": result.figure,
        "aim": result.aim,
        "unit": result.unit,
        "detail": {**result.detail, "calibration_s": calibration_s(), "machine": machine()},
    }


def rendered(text: str, lines: list[dict]) -> str:
    """The README with the lines' rows and tables in the place of their old ones."""
    before, block, after = _parts(text, FIGURES)
    rows = {name: row for row, name in re.findall(r"^(\| `(\w+)` .*)$", block, re.MULTILINE)}
    rows |= {line["bench"]: _figure_row(line) for line in lines}
    head = ["| figure | measured | aim | unit | command |", "|---|---|---|---|---|"]
    text = before + "\n".join([*head, *(rows[name] for name in sorted(rows))]) + after
    for line in lines:
        table = line["detail"].get("table")
        if table and _mark(line["bench"], "begin") in text:
            before, _, after = _parts(text, line["bench"])
            text = before + _table(table) + after
    return text


def _figure_row(line: dict) -> str:
    """A benchmark's row; a simulated figure is called so."""
    mark = ", simulated" if "simulated" in json.dumps(line["detail"]) else ""
    return (
        f"| `{line['bench']}` | {line['figure']}{mark} | {line['aim']} | {line['unit']} "
        f"| `make -s bench NAME={line['bench']}` |"
    )


def _table(table: dict) -> str:
    columns = table["columns"]
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, values in table["rows"].items():
        cells = ("" if value is None else str(value) for value in values)
        lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _mark(name: str, side: str) -> str:
    return f"<!-- {name}: {side} -->"


def _parts(text: str, name: str) -> tuple[str, str, str]:
    """A text before, inside and after a block; the marks belong to the outer parts."""
    begin, end = f"{_mark(name, 'begin')}\n", _mark(name, "end")
    before, rest = text.split(begin)
    block, after = rest.split(end)
    return before + begin, block.rstrip("\n"), f"\n{end}{after}"


if __name__ == "__main__":
    sys.exit(main())
