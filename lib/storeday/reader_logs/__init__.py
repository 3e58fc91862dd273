"""RFID reader logs of any format to the one record type `bronze.rfid_reads`.

One module per format, behind the registry in `parse`.
"""

from storeday.reader_logs.errors import ReaderLogError
from storeday.reader_logs.parse import ParsedBatch, formats, parse_log

__all__ = ["ParsedBatch", "ReaderLogError", "formats", "parse_log"]
