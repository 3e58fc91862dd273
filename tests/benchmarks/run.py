"""Runs benchmarks: `make -s bench NAME=<name>`, or all of them.

A benchmark is a module `bench_<name>.py` with a function `run() -> Result`. Its result is one JSON
line, last on stdout. Without a name all are run and the table in the README is rendered anew.
"""

import argparse
import contextlib
import importlib.util
import json
import sys
import traceback
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
README = FOLDER.parents[1] / "README.md"
BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"

sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "real")]

from measure import calibration_s, machine  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="?", help="one benchmark; all where it is left out")
    name = parser.parse_args().name
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
    if name is None:
        render(lines)
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


def render(lines: list[dict]) -> None:
    """Puts the figures into the README, between the markers."""
    rows = ["| figure | measured | aim | unit | command |", "|---|---|---|---|---|"]
    for line in lines:
        figure = line["figure"]
        rows.append(
            f"| `{line['bench']}` | {figure} | {line['aim']} | {line['unit']} "
            f"| `make -s bench NAME={line['bench']}` |"
        )
    text = README.read_text("utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    table = "\n".join(rows)
    README.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
