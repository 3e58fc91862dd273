"""Reads a store's manifest and picks the layout of a business date.

The file holds `store_id` and `versions`, a list of layouts, each with `valid_from`. A backfill thus
uses the layout of its day. All faults of a file come in one error, each with its line.
"""

import datetime as dt
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from storeday.manifest.store import StoreLayout


class ManifestError(ValueError):
    """A manifest cannot be used; the message lists every fault with file and line."""


def load_manifest(path: Path, business_date: dt.date) -> StoreLayout:
    """Reads the layout that held on a business date from a manifest file.

    Args:
        path: The manifest, `<stores>/<store_id>.yaml`.
        business_date: Date whose layout is wanted.

    Raises:
        ManifestError: The file is missing, is no valid manifest, is named for another store, or has
            no layout for that date.
    """
    if not path.is_file():
        raise ManifestError(f"{path}: no such manifest; expected one file per store, STORE_ID.yaml")
    return manifest_from_text(path.read_text("utf-8"), str(path), business_date, path.stem)


def manifest_from_text(
    text: str, source: str, business_date: dt.date, store_id: str | None = None
) -> StoreLayout:
    """The layout that held on a business date, from a manifest's text.

    Args:
        text: Content of a manifest.
        source: Name of the file, for error messages.
        business_date: Date whose layout is wanted.
        store_id: Store that the file is named for; None where that is not known.

    Raises:
        ManifestError: As for `load_manifest`.
    """
    node = _compose(text, source)
    document = _document(text, source)
    if not isinstance(document, dict) or not isinstance(document.get("versions"), list):
        raise ManifestError(f"{source}:1: expected store_id and a list of versions")
    faults: list[str] = []
    for key in sorted(set(document) - {"store_id", "versions"}):
        faults.append(f"{source}:{_line(node, (key,))}: {key}: unknown key")
    layouts = []
    for index, version in enumerate(document["versions"]):
        try:
            layouts.append(_layout(document.get("store_id"), version))
        except ValidationError as error:
            faults += [
                _fault(source, node, ("versions", index), detail)
                for detail in error.errors(include_url=False)
            ]
    if faults:
        raise ManifestError("\n".join(faults))
    layout = _valid_on(layouts, business_date, source)
    if store_id is not None and layout.store_id != store_id:
        raise ManifestError(
            f"{source}: store_id is {layout.store_id!r}; the file's name says {store_id!r}"
        )
    return layout


def _compose(text: str, source: str) -> yaml.Node | None:
    try:
        # Aliases let a small file grow without bound, and a manifest has no use for them.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text)):
            raise ManifestError(f"{source}: YAML aliases are not allowed in a manifest")
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise ManifestError(f"{source}: not valid YAML: {error}") from error


def _document(text: str, source: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        # A tag such as !!python/object, which YAML's safe kind does not build.
        raise ManifestError(f"{source}: not valid YAML: {error}") from error


def _layout(store_id: Any, version: Any) -> StoreLayout:
    fields = dict(version) if isinstance(version, dict) else {"versions": version}
    return StoreLayout.model_validate({"store_id": store_id, **fields})


def _fault(source: str, node: yaml.Node | None, prefix: tuple[str | int, ...], detail: Any) -> str:
    path = prefix + tuple(detail["loc"])
    words = ".".join(str(part) for part in detail["loc"]) or "layout"
    message = detail["msg"].removeprefix("Value error, ")
    given = detail.get("input")
    shown = f" (found {given!r})" if isinstance(given, str | int | float | bool) else ""
    return f"{source}:{_line(node, path)}: {words}: {message}{shown}"


def _line(node: yaml.Node | None, path: tuple[str | int, ...]) -> int:
    """Line of the deepest node on the path that the file has."""
    line = 1
    for part in path:
        child = _child(node, part)
        if child is None:
            return line
        node = child
        line = node.start_mark.line + 1
    return line


def _child(node: yaml.Node | None, part: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return value  # type: ignore[no-any-return]
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part]  # type: ignore[no-any-return]
    return None


def _valid_on(layouts: list[StoreLayout], date: dt.date, source: str) -> StoreLayout:
    ordered = sorted(layouts, key=lambda layout: layout.valid_from)
    valid = [layout for layout in ordered if layout.valid_from <= date]
    if not valid:
        first = ordered[0].valid_from.isoformat() if ordered else "never"
        raise ManifestError(
            f"{source}: no layout for {date.isoformat()}; the first is from {first}"
        )
    return valid[-1]
