"""Rejected lines of a reader log without the tags of strangers.

Where reads of tags that are no goods are left out, a rejected line must not keep them either.
"""

import re

import pyarrow as pa

from storeday.rfid import KEPT, Goods

MASK = "(tag)"
# Hex of 48 bits or more, in one piece or in words; less of a tag of 96 bits does not reach its
# serial number. Base64url of 96 bits or more, unless it is the name of a JSON field.
_HEX = r"(?P<hex>(?:[0-9A-Fa-f]{4} ){2,}+[0-9A-Fa-f]{4}|[0-9A-Fa-f]{12,}+)(?![0-9A-Za-z_-])"
_BASE64URL = r'[0-9A-Za-z_-]{16,}+=*+(?!"? *:)'
_TAG_LIKE = re.compile(f"{_HEX}|{_BASE64URL}")


def without_foreign_tags(rejects: pa.Table, goods: Goods | None) -> pa.Table:
    """Rejects whose texts name no tag but the shop's goods, and these only in hex.

    Args:
        rejects: `source_line, reason, content`.
        goods: The shop's goods; None where they are not known, and nothing is changed.

    Example:
        >>> row = {"source_line": [7], "reason": ["rssi: found '12'"], "content": ["30AA00000000"]}
        >>> nothing = Goods(frozenset(), frozenset())
        >>> without_foreign_tags(pa.Table.from_pydict(row), nothing)["content"][0].as_py()
        '(tag)'
    """
    if goods is None or not rejects.num_rows:
        return rejects

    def shown(match: re.Match[str]) -> str:
        tag = match["hex"]
        is_goods = tag is not None and goods.verdict(tag.replace(" ", "").upper()) == KEPT
        return match[0] if is_goods else MASK

    columns = {
        name: [text and _TAG_LIKE.sub(shown, text) for text in rejects[name].to_pylist()]
        for name in ("reason", "content")
    }
    return pa.table({"source_line": rejects["source_line"], **columns}, schema=rejects.schema)
