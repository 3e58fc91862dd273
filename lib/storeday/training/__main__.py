"""`python -m storeday.training TASK …`: makes labelled scenes and trains models."""

import argparse
import sys
from importlib import import_module

TASKS = ("scenes", "detector", "handling", "appearance", "rummage")


def main(words: list[str] | None = None) -> int:
    """Runs a task; only its own module is loaded, so that `scenes` needs no torch."""
    words = sys.argv[1:] if words is None else words
    parser = argparse.ArgumentParser(prog="python -m storeday.training", description=__doc__)
    parser.add_argument("task", choices=TASKS, help="what to do; TASK --help tells its options")
    task = parser.parse_args(words[:1]).task
    module = import_module(f"storeday.training.tasks.{task}")
    options = argparse.ArgumentParser(
        prog=f"python -m storeday.training {task}", description=module.__doc__
    )
    module.add_options(options)
    module.run(options.parse_args(words[1:]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
