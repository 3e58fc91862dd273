"""The models that ship with the package, and where they may be used.

They learnt from simulated pictures alone, so that the demo and the tests need no other file. What
they say about a real shop is worth nothing.
"""

from importlib.resources import files
from pathlib import Path

from storeday.inference.manifest import ModelManifest
from storeday.manifest import StoreLayout

SHIPPED = "shipped"


def manifest_path(given: str) -> Path:
    """The model manifest that is meant by a path, or by the word `shipped`.

    Example:
        >>> manifest_path("shipped").name
        'models.yaml'
    """
    if given == SHIPPED:
        return Path(str(files("storeday.models").joinpath("models.yaml")))
    return Path(given)


def simulated_only(models: ModelManifest | None, layout: StoreLayout) -> str:
    """Why models may not look at a store's footage; empty where they may.

    Args:
        models: The models; None where none are used.
        layout: The store.
    """
    if models is None or layout.is_simulated:
        return ""
    names = [spec.name for spec in models.models if spec.domain == "simulated"]
    if not names:
        return ""
    return (
        f"{', '.join(names)}: domain is simulated, and store {layout.store_id} is not; give models "
        "of real pictures (README, Models), or --demo-models to see what these would say"
    )
