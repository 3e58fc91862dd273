"""Model files that stand in no manifest: those just trained, and teachers."""

from pathlib import Path

from storeday.inference.manifest import Head, ModelSpec, Role
from storeday.inference.providers import CPU
from storeday.inference.sessions import Session, open_session


def open_unlisted(
    model: Path, role: Role, head: Head, classes: tuple[str, ...] = (), threads: int = 1
) -> tuple[Session, ModelSpec]:
    """A session of a model file on the CPU, and the entry that a manifest would have for it.

    Args:
        model: ONNX file with one picture as input.
        role: What it does.
        head: How its output is read.
        classes: Its classes.
        threads: Threads of the session.

    Returns:
        Session and entry; a side that the file leaves open is 1. Checksum and licence are not
        looked at.
    """
    session = open_session(model, (CPU,), threads=threads)
    _, _, height, width = session.input_shape
    spec = ModelSpec(
        role=role,
        head=head,
        file=str(model),
        sha256="0" * 64,
        licence="unlisted",
        domain="simulated",
        input_width_px=width or 1,
        input_height_px=height or 1,
        channel_order="BGR",
        classes=classes,
    )
    return session, spec
