"""JSON records to columns of the fields that a format wants, without losing a record's place.

Arrow's JSON reader does the work where it can be held to one row per text: every text begins with
`{` and ends with `}` (so that no text can be the middle of another's object), and it gives as many
rows as there are texts. Where it refuses a block or the count differs, the block is halved, and a
small one is read text by text with the standard library, which says what is wrong with each.
"""

import io
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.json as pj

from storeday.reader_logs.lines import LineBatch, is_utf8

# Below this many texts a second try with Arrow costs more than it saves.
SMALL_BLOCK = 256


@dataclass
class JsonRows:
    """Objects of a batch of records.

    Attributes:
        table: The wanted fields; null where a record lacks one.
        places: For each row the place of its record in the batch, in order.
        faults: Place and reason of each record that is not one or more such objects.
    """

    table: pa.Table
    places: list[int] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)


def read_objects(batch: LineBatch, schema: pa.Schema) -> JsonRows:
    """Reads the wanted fields of every record.

    Args:
        batch: Records.
        schema: Wanted fields: strings, doubles, and structs and lists of these. Any others are
            passed over. A number may stand in quotes.

    Returns:
        Each record gives rows or one fault.

    Example:
        >>> batch = LineBatch([1, 2], [b'{"a": -1}', b'{"a": [}'])
        >>> rows = read_objects(batch, pa.schema([("a", pa.float64())]))
        >>> rows.table["a"].to_pylist(), rows.places, [place for place, _ in rows.faults]
        ([-1.0], [0], [1])
    """
    tables: list[pa.Table] = []
    places: list[int] = []
    faults = list(batch.faults.items())
    good = [place for place in range(len(batch.texts)) if place not in batch.faults]
    for block in _read_blocks(batch.texts, good, schema):
        tables.append(block.table)
        places += block.places
        faults += block.faults
    table = pa.concat_tables(tables).combine_chunks() if tables else schema.empty_table()
    return JsonRows(table, places, sorted(faults))


def _read_blocks(texts: list[bytes], places: list[int], schema: pa.Schema) -> Iterator[JsonRows]:
    if not places:
        return
    table = _by_arrow([texts[place] for place in places], schema)
    if table is not None:
        yield JsonRows(table, places)
    elif len(places) <= SMALL_BLOCK:
        yield _one_by_one(texts, places, schema)
    else:
        half = len(places) // 2
        yield from _read_blocks(texts, places[:half], schema)
        yield from _read_blocks(texts, places[half:], schema)


def _by_arrow(texts: list[bytes], schema: pa.Schema) -> pa.Table | None:
    """All texts at once; None unless each is exactly one row."""
    if not all(text[:1] == b"{" and text[-1:] == b"}" for text in texts):
        return None
    whole = b"\n".join(texts)
    if whole.count(b"\n") != len(texts) - 1:
        # A record over several lines: line feeds stand only between its parts, or are a fault.
        whole = b"\n".join(text.replace(b"\n", b" ") for text in texts)
    if not is_utf8(whole):
        return None
    try:
        table = pj.read_json(
            io.BytesIO(whole),
            pj.ReadOptions(use_threads=False, block_size=len(whole) + 1),
            pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    return table if table.num_rows == len(texts) else None


def _one_by_one(texts: list[bytes], places: list[int], schema: pa.Schema) -> JsonRows:
    kind = pa.struct(schema)
    rows: list[dict[str, Any]] = []
    found = JsonRows(schema.empty_table())
    for place in places:
        try:
            objects = [_fitted(one, kind, "record") for one in _objects(texts[place])]
        except (ValueError, RecursionError) as error:
            found.faults.append((place, f"expected a JSON object: {error}"))
            continue
        rows += objects
        found.places += [place] * len(objects)
    found.table = pa.Table.from_pylist(rows, schema=schema)
    return found


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _objects(text: bytes) -> list[Any]:
    """The objects of a text, with or without commas between them."""
    whole = text.decode("utf-8")
    found = []
    position = 0
    while position < len(whole):
        one, position = _DECODER.raw_decode(whole, position)
        found.append(one)
        while position < len(whole) and whole[position] in " \t\r\n,":
            position += 1
    return found


def _fitted(value: Any, kind: pa.DataType, name: str) -> Any:
    """A value as a type has it.

    Raises:
        ValueError: It does not fit.
    """
    if value is None:
        return None
    if pa.types.is_struct(kind):
        if isinstance(value, dict):
            return {one.name: _fitted(value.get(one.name), one.type, one.name) for one in kind}
    elif pa.types.is_list(kind):
        if isinstance(value, list):
            return [_fitted(one, kind.value_type, name) for one in value]
    elif pa.types.is_string(kind):
        if isinstance(value, str):
            value.encode("utf-8")
            return value
    elif isinstance(value, int | float | str) and not isinstance(value, bool):
        return _number(value, name)
    words = {"struct": "an object", "list": "an array", "string": "a text"}
    expected = words.get(str(kind).split("<")[0], "a number")
    raise ValueError(f"{name}: expected {expected}, found {json.dumps(value)[:60]}")


def _number(value: float | str, name: str) -> float:
    try:
        number = float(value)
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{name}: expected a number, found {str(value)[:60]!r}")
    return number
