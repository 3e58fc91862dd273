"""RFID reader logs of any format to the one record type `bronze.rfid_reads`.

One module per format, behind the registry in `parse`.
"""

from storeday.reader_logs.contents import LogContents, what_readers_lack
from storeday.reader_logs.errors import ReaderLogError
from storeday.reader_logs.mask_tags import without_foreign_tags
from storeday.reader_logs.parse import ParsedBatch, formats, parse_log

__all__ = [
    "LogContents",
    "ParsedBatch",
    "ReaderLogError",
    "formats",
    "parse_log",
    "what_readers_lack",
    "without_foreign_tags",
]
