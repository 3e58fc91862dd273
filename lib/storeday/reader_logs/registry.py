"""The formats that reader logs come in. A new format is one module and its name here."""

from storeday.reader_logs import generic_csv, impinj_iot, itemtest_csv, sllurp_csv, zebra_iot
from storeday.reader_logs.log_format import LogFormat

MODULES = (generic_csv, impinj_iot, itemtest_csv, sllurp_csv, zebra_iot)
FORMATS: dict[str, LogFormat] = {
    name: module.FORMAT for module in MODULES for name in (module.FORMAT.name, *module.FORMAT.also)
}


def formats() -> tuple[str, ...]:
    """Names of all formats, sorted.

    Example:
        >>> formats()[0]
        'generic_csv'
    """
    return tuple(sorted(FORMATS))
