"""The watch on the reading process: hangs, growth, crashes; one process reads many files."""

import os
import signal
import threading
import time
from dataclasses import replace

import pytest

from storeday.footage import FootageSettings, Stretch, probe_segment, sample_segment
from storeday.footage import reader_process as reading
from storeday.footage.reader_process import Limits, ReaderError, ReaderProcess, ask_reader

ALL = [Stretch(0, 1 << 62, 500.0, "detail")]
SETTINGS = FootageSettings()
LIMITS = Limits(60.0, 1000)


@pytest.fixture
def clip(clips, tmp_path):
    # Far more frames than a pipe holds.
    return clips.write_clip(tmp_path / "clip.mp4", [n * 40 for n in range(600)])


def idle_pids():
    return [reader.pid for reader in reading._idle]


def struck(clip, sign, settings):
    """Frames and outcome of a segment whose reading process gets a signal after three frames."""
    sampling = sample_segment(clip, ALL, settings)
    frames = []
    for frame in sampling:
        frames.append(frame)
        if len(frames) == 3:
            (pid,) = {lent.pid for lent in lent_readers} - {None}
            os.kill(pid, sign)
    return frames, sampling.outcome


lent_readers: list[ReaderProcess] = []


@pytest.fixture
def _seen_when_lent(monkeypatch):
    def lend():
        reader = lend_truly()
        lent_readers[:] = [reader]
        return reader

    lend_truly = reading._lend
    monkeypatch.setattr(reading, "_lend", lend)


@pytest.mark.usefixtures("_seen_when_lent")
@pytest.mark.parametrize(
    ("sign", "changes", "reason"),
    [
        (signal.SIGSTOP, {"stall_s": 0.5}, "reading made no progress for 0.5 s"),
        (signal.SIGKILL, {}, "reading died of signal 9"),
        (signal.SIGSEGV, {}, "reading died of signal 11"),
    ],
)
def test_what_came_before_a_standstill_or_a_crash_is_kept(sign, changes, reason, clip, clips):
    probe_segment(clip)
    frames, outcome = struck(clip, sign, replace(SETTINGS, **changes))
    numbers = [clips.number_in(frame.jpeg) for frame in frames]
    assert 3 <= len(numbers) < 600
    assert numbers == list(range(len(numbers)))
    assert outcome.reason == reason
    (gap,) = outcome.gaps
    assert (gap.from_us, gap.to_us, gap.reason) == (frames[-1].pts_us, 24_000_000, reason)
    assert outcome.lost_s == pytest.approx(24.0 - frames[-1].pts_us / 1e6)
    # The next segment is read by another process, as if nothing had been.
    again = sample_segment(clip, ALL, SETTINGS)
    assert len(list(again)) == 600
    assert again.outcome.reason is None


def test_a_process_that_takes_too_much_is_ended(clip):
    probe_segment(clip)
    reader = ReaderProcess()
    order = {"do": "probe", "path": str(clip)}
    try:
        list(reader.ask(order, LIMITS))
        pid = reader.pid
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(ReaderError, match=r"reading took \d+ MB; the limit is 5 MB"):
            list(reader.ask(order, Limits(60.0, 5)))
        assert reader.pid is None
    finally:
        reader.end()


def test_one_process_reads_many_segments_until_it_has_grown(clip):
    order = {"do": "probe", "path": str(clip)}
    list(ask_reader(order, LIMITS))
    before = idle_pids()
    for _ in range(3):
        list(ask_reader(order, LIMITS))
    assert idle_pids() == before
    # More than half of what it may take, after a segment: another one from then on.
    list(ask_reader(order, Limits(60.0, 40)))
    assert set(idle_pids()) != set(before)


def test_a_consumer_that_stops_early_leaves_nothing_behind(clip):
    for _ in sample_segment(clip, ALL, SETTINGS):
        break
    whole = sample_segment(clip, ALL, SETTINGS)
    assert [frame.pts_us for frame in whole] == [40_000 * n for n in range(600)]


def test_two_segments_are_read_side_by_side(clip):
    pairs = zip(*(sample_segment(clip, ALL, SETTINGS) for _ in range(2)), strict=True)
    assert all(one == other for one, other in pairs)


def test_a_fault_of_the_reader_itself_has_a_reason_and_costs_no_process(clip):
    list(ask_reader({"do": "probe", "path": str(clip)}, LIMITS))
    before = idle_pids()
    with pytest.raises(ReaderError, match="reading failed: KeyError: 'path'"):
        list(ask_reader({"do": "probe"}, LIMITS))
    assert idle_pids() == before


def test_a_process_ends_with_whoever_started_it(clip):
    reader = ReaderProcess()
    list(reader.ask({"do": "probe", "path": str(clip)}, LIMITS))
    child = reader._child
    threading.Timer(0.1, child.stdin.close).start()
    for _ in range(100):
        if child.poll() is not None:
            break
        time.sleep(0.1)
    assert child.returncode == 0
    reader.end()
