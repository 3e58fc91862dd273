import datetime as dt
import hashlib
import itertools
import re

import pytest

from storeday.privacy import namer, pseudonym

SALT = bytes(range(32))
OTHER_SALT = bytes(range(1, 33))


def test_pseudonym_is_keyed_blake2b_of_sixteen_digits():
    expected = hashlib.blake2b("café".encode(), key=SALT, digest_size=8).hexdigest()
    assert pseudonym(SALT, "café") == expected
    assert re.fullmatch("[0-9a-f]{16}", expected)


def test_equal_inputs_give_equal_names_and_any_change_another():
    scopes = itertools.product((SALT, OTHER_SALT), ("s1", "s2"), ("2026-01-05", "2026-01-06"))
    ids = [namer(*scope)(name) for scope in scopes for name in ("tracklet/a/1", "tracklet/a/2")]
    assert len(set(ids)) == 16
    assert namer(SALT, "s1", "2026-01-05")("tracklet/a/1") == ids[0]


def test_a_date_and_its_text_are_the_same_day():
    assert namer(SALT, "s", dt.date(2026, 1, 5))("x") == namer(SALT, "s", "2026-01-05")("x")


def test_store_and_date_do_not_run_into_each_other():
    assert namer(SALT, "s1", "12026-01-05")("x") != namer(SALT, "s11", "2026-01-05")("x")
    assert namer(SALT, 's", "d', "e")("x") != namer(SALT, "s", 'd", "e')("x")


def test_many_names_do_not_collide_and_look_random():
    make_id = namer(SALT, "s", "2026-01-05")
    ids = [make_id(f"tracklet/cam1/{number}") for number in range(100_000)]
    assert len(set(ids)) == len(ids)
    # Each of the 64 bits is set in half the ids: sd sqrt(.25 / 20,000) = 0.0035, 0.02 is over five.
    ones = [0] * 64
    for value in (int(text, 16) for text in ids[:20_000]):
        for bit in range(64):
            ones[bit] += value >> bit & 1
    assert all(abs(count / 20_000 - 0.5) < 0.02 for count in ones)


@pytest.mark.parametrize("length", [0, 15, 65])
def test_a_salt_of_the_wrong_length_is_refused(length):
    with pytest.raises(ValueError, match=f"the salt has {length} bytes; expected 16 to 64"):
        namer(bytes(length), "s", "2026-01-05")
