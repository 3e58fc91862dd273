"""`storeday models check`: is each model the one that its manifest names?"""

import logging
from pathlib import Path

from rich.console import Console
from rich.table import Table

from storeday.inference import ModelError, load_models, manifest_path

LOGGER = logging.getLogger("storeday")

GOOD, WRONG = 0, 2


def check_models(manifest: str, console: Console) -> int:
    """Opens every model on the CPU and compares it with what is declared.

    Args:
        manifest: Path of the model manifest, or `shipped`.
        console: Where the table of models goes.

    Returns:
        0 where all is as declared, 2 where anything is not; all faults are named at once.
    """
    try:
        models = load_models(manifest_path(manifest))
    except ModelError as error:
        LOGGER.error("%s", error)
        return WRONG
    table = Table(title="As declared: checksum, shapes, classes", title_justify="left")
    for name in ("role", "head", "file", "input", "classes", "domain", "licence"):
        table.add_column(name)
    for spec in models.models:
        size = f"{spec.input_width_px} x {spec.input_height_px} {spec.channel_order}"
        classes = str(len(spec.classes)) if len(spec.classes) > 1 else ", ".join(spec.classes)
        file = Path(spec.file).name
        table.add_row(spec.role, spec.head, file, size, classes, spec.domain, spec.licence)
    console.print(table)
    return GOOD
