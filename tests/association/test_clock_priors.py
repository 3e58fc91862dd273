"""What is known of clocks before the day speaks."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from storeday.association import AssociationSettings
from storeday.association.camera_links import Link
from storeday.association.clock_grid import DRIFTS_S, Guess
from storeday.association.clock_priors import clock_prior, tied, without_contradicted

NAMES = ["cam0", "cam1", "rack"]
AT = dt.datetime(2026, 1, 5, 9, 0, tzinfo=dt.UTC)
SETTINGS = AssociationSettings()
WIDE_S = 15 / np.sqrt(3)


def known(reference_s=0.0):
    return pa.table(
        {
            "device_id": ["cam0", "rack"],
            "valid_from": [AT - dt.timedelta(days=1)] * 2,
            "offset_s": [reference_s, 7.0],
            "drift_ppm": [0.0, 10.0],
            "std_error_s": [0.0, 0.3],
        }
    )


def test_offsets_are_carried_forward_and_their_doubt_grows():
    prior = clock_prior(NAMES, "cam0", known(), AT, SETTINGS)
    assert prior.offset_s == pytest.approx([0.0, 0.0, 7.0 + 10e-6 * 86_400])
    assert prior.sd_s == pytest.approx([WIDE_S, WIDE_S, np.hypot(0.3, 20e-6 * 86_400)])
    assert prior.is_known.tolist() == [False, False, True]


def test_another_reference_changes_all_offsets_and_an_unknown_one_leaves_nothing():
    prior = clock_prior(NAMES, "rack", known(2.0), AT, SETTINGS)
    assert prior.offset_s[0] == pytest.approx(2.0 - 7.0 - 10e-6 * 86_400)
    assert not clock_prior(NAMES, "cam1", known(), AT, SETTINGS).is_known.any()
    assert not clock_prior(NAMES, "cam0", None, AT, SETTINGS).is_known.any()


def test_links_tell_a_cameras_offset_and_drift():
    link = Link(0, 1, np.array([3.0, -6.0]), np.diag([0.04, 0.04]), 500)
    prior = replace(clock_prior(NAMES, "cam0", None, AT, SETTINGS), links=(link,))
    found = tied(prior)
    assert found.offset_s == pytest.approx([0.0, 3.0, 0.0], abs=0.01)
    assert found.sd_s == pytest.approx([0.0, 0.2, WIDE_S], abs=0.01)
    assert found.drift_s[1] == pytest.approx(-6.0, abs=0.01)
    assert np.isnan(found.drift_s[2])
    assert DRIFTS_S[found.log_drift(1).argmax()] == -6.0
    assert found.log_density(1, np.arange(-5.0, 6.0)).argmax() == 8
    assert tied(replace(prior, links=())).sd_s == pytest.approx(prior.sd_s)


def test_a_clock_that_was_set_is_dropped():
    prior = clock_prior(NAMES, "cam0", known(), AT, SETTINGS)
    guess = Guess(np.array([0.0, 0.0, -8.0]), np.zeros(3), np.full(3, 0.5))
    kept, contradicted = without_contradicted(prior, guess)
    assert contradicted.tolist() == [False, False, True]
    assert kept.sd_s[2] == pytest.approx(WIDE_S)
    assert not kept.is_known[2]
    _, contradicted = without_contradicted(prior, replace(guess, offset_s=prior.offset_s + 1))
    assert not contradicted.any()
