"""Jobs out of the run ledger, and what was slow against its own usual time; without Spark."""

import datetime as dt

import pyarrow as pa

from storeday.stages.job_times import COLUMNS, jobs

NIGHT = dt.datetime(2026, 11, 1, 2, tzinfo=dt.UTC)


def ledger(*nights):
    """Rows of stage `track`: nights of (seconds, store-days, failed ones)."""
    rows = []
    for number, (wall_s, store_days, failed) in enumerate(nights):
        for store in range(store_days):
            is_failed = store < failed
            rows.append(
                {
                    "store_id": f"s{store}",
                    "business_date": dt.date(2026, 10, 31) + dt.timedelta(days=number),
                    "attempt_id": f"night{number}",
                    "stage": "track",
                    "status": "failed" if is_failed else "done",
                    "started_at": NIGHT + dt.timedelta(days=number),
                    "wall_s": wall_s,
                    "cpu_s": 2.0,
                    "peak_memory_mb": 900.0 + store,
                    "rows_in": 100,
                    "rows_out": 0 if is_failed else 10,
                    "code_version": "0.1.0",
                    "settings_sha256": "abcdef0123456789",
                    "models": '[{"role": "appearance", "sha256": "0123456789"}]',
                    "error": "ValueError: no" if is_failed else None,
                }
            )
    return pa.Table.from_pylist(rows)


def test_rows_of_one_stage_and_start_are_one_job():
    (job,) = jobs(ledger((30.0, 3, 1)))
    assert job.store_days == ("s0/2026-10-31", "s1/2026-10-31", "s2/2026-10-31")
    assert job.failures == {"s0/2026-10-31": "ValueError: no"}
    assert (job.wall_s, job.cpu_s, job.peak_memory_mb) == (30.0, 6.0, 902.0)
    assert (job.rows_in, job.rows_out) == (300, 20)
    assert job.versions == ("appearance 01234567", "code 0.1.0", "settings abcdef01")
    assert job.usual_s is None
    assert not job.is_slow


def test_slow_is_what_takes_far_longer_than_it_usually_does():
    usual = [(30.0, 20, 0), (32.0, 20, 0), (28.0, 20, 0), (31.0, 20, 0)]
    found = jobs(ledger(*usual, (45.0, 20, 0), (47.0, 20, 0)))
    assert [job.is_slow for job in found] == [False] * 5 + [True]
    # The median of the four, and of the five, before.
    assert [job.usual_s for job in found[3:]] == [None, 30.5, 31.0]


def test_jobs_of_other_sizes_and_of_nothing_but_failures_are_no_yardstick():
    small, failed = (5.0, 1, 0), (1.0, 20, 20)
    assert jobs(ledger(*[small] * 5, (30.0, 20, 0)))[-1].usual_s is None
    assert jobs(ledger(*[failed] * 5, (30.0, 20, 0)))[-1].usual_s is None
    assert jobs(ledger(*[(30.0, 17, 0)] * 5, (90.0, 20, 0)))[-1].is_slow


def test_order_of_rows_does_not_matter():
    rows = ledger(*[(30.0, 2, 0)] * 5, (90.0, 2, 1)).select(list(COLUMNS))
    assert jobs(rows.take(list(reversed(range(rows.num_rows))))) == jobs(rows)
