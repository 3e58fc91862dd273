"""Files of the inbox, lent and named."""

import pytest

from storeday.lake.files import local_copy


def test_errors_name_a_file_as_the_inbox_does(tmp_path):
    path = tmp_path / "till.csv"
    path.write_text("x")
    with (
        pytest.raises(ValueError, match=r"^sales/till.csv:1: no header$"),
        local_copy(str(path), "sales/till.csv") as copy,
    ):
        raise ValueError(f"{copy}:1: no header")
    path.unlink()
    with pytest.raises(ValueError, match=r"^sales/till.csv: no such file$"):
        local_copy(str(path), "sales/till.csv").__enter__()


def test_errors_stay_what_they_are_where_no_name_is_given(tmp_path):
    path = tmp_path / "till.csv"
    with pytest.raises(FileNotFoundError, match=str(path)), local_copy(str(path)):
        pass
    path.write_text("x")
    with pytest.raises(UnicodeDecodeError), local_copy(str(path), "till.csv") as copy:
        (copy.write_bytes(b"\xff"), copy.read_text("utf-8"))
