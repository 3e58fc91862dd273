"""RFID reader logs of any format to the one record type `bronze.rfid_reads`.

One module per format, behind `registry`.
"""

from storeday.reader_logs.contents import LogContents, what_readers_lack
from storeday.reader_logs.errors import ReaderLogError
from storeday.reader_logs.mask_tags import without_foreign_tags
from storeday.reader_logs.parse import ParsedBatch, parse_log
from storeday.reader_logs.registry import formats

__all__ = [
    "LogContents",
    "ParsedBatch",
    "ReaderLogError",
    "formats",
    "parse_log",
    "what_readers_lack",
    "without_foreign_tags",
]
