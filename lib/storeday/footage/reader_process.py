"""A process that reads segments, and the watch that is kept on it.

Decoders are large programs in C that meet whatever cameras, networks and disks made of a file: some
hang, some take all memory, some crash. So files are opened in a process of their own. One process
reads many segments, since starting it takes some 0.4 s. It is ended, and another takes its place,
when it makes no progress for a while as its answers are waited for, when it takes more memory than
it may, and, between two segments, when it holds on to more than half of that.
"""

import atexit
import contextlib
import fcntl
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

CHILD = "storeday.footage.reader_child"
# Time between two looks at the memory while an answer is waited for. A decoder that runs wild takes
# some hundred MB in it.
LOOK_S = 0.25
# Processes kept for later: a consumer that reads two segments side by side is the most there is.
IDLE_KEPT = 2
READ_BYTES = 1 << 16
# Raw frames are some MB: a pipe of 64 KB, the usual, would wake both ends for every bit of them.
PIPE_BYTES = 1 << 20

# An answer and its body.
Answer = tuple[dict[str, Any], bytearray]


class ReaderError(RuntimeError):
    """A reading process was ended or ended itself; the message says why."""


@dataclass(frozen=True)
class Limits:
    """What a reading process may take.

    Attributes:
        stall_s: Longest time without any progress.
        memory_mb: Most resident memory.
    """

    stall_s: float
    memory_mb: int


class ReaderProcess:
    """One reading process, started when it is first needed and again after it was ended."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._buffer = bytearray()

    @property
    def pid(self) -> int | None:
        """The process's number; None where there is none."""
        return self._child.pid if self._child else None

    def ask(self, order: Mapping[str, Any], limits: Limits) -> Iterator[Answer]:
        """Gives an order; what is left unread of its answers costs the process its life.

        Args:
            order: What to do, as `reader_child` takes it.
            limits: When to give it up.

        Yields:
            Answers, each with its body.

        Raises:
            ReaderError: The process hung, took too much memory, died or failed.
        """
        is_done = False
        try:
            child = self._started()
            assert child.stdin is not None
            try:
                child.stdin.write(json.dumps(order).encode() + b"\n")
                child.stdin.flush()
            except BrokenPipeError as error:
                raise ReaderError(self._last_words(limits)) from error
            while True:
                head, body = self._answer(child, limits)
                if "end" in head:
                    is_done = True
                    _cpu_s.append(head["cpu_s"])
                    if "error" in head:
                        raise ReaderError(f"reading failed: {head['error']}")
                    return
                if head:
                    yield head, body
        finally:
            if not is_done or resident_mb(self.pid) > limits.memory_mb / 2:
                self.end()

    def end(self) -> None:
        """Ends the process, whatever it does."""
        child, self._child = self._child, None
        self._buffer.clear()
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout, self._errors):
                if pipe is not None:
                    _close(pipe)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
            # The child has to find this package, also where it came in an archive of the cluster;
            # not in Spark's jars, of which its workers have some hundred on their path.
            parts = (part for part in sys.path if part and not part.endswith(".jar"))
            path = os.pathsep.join(parts)
            self._child = subprocess.Popen(
                [sys.executable, "-m", CHILD],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env={**os.environ, "PYTHONPATH": path},
            )
            _widen(self._child.stdout)
        return self._child

    def _answer(self, child: subprocess.Popen[bytes], limits: Limits) -> Answer:
        assert child.stdout is not None
        pipe = child.stdout.fileno()
        while (end := self._buffer.find(b"\n")) < 0:
            self._wait(child, limits)
            some = os.read(pipe, READ_BYTES)
            if not some:
                raise ReaderError(self._last_words(limits))
            self._buffer += some
        head = json.loads(self._buffer[:end])
        body = bytearray(head.pop("bytes", 0))
        held = min(len(body), len(self._buffer) - end - 1)
        body[:held] = self._buffer[end + 1 : end + 1 + held]
        del self._buffer[: end + 1 + held]
        # Straight to where it belongs: raw frames are large.
        with memoryview(body) as view:
            while held < len(body):
                self._wait(child, limits)
                count = os.readv(pipe, [view[held:]])
                if not count:
                    raise ReaderError(self._last_words(limits))
                held += count
        return head, body

    def _wait(self, child: subprocess.Popen[bytes], limits: Limits) -> None:
        """Waits for something to read, with an eye on the process."""
        assert child.stdout is not None
        given_up_at = time.monotonic() + limits.stall_s
        look_ms = 1000 * min(LOOK_S, limits.stall_s)
        poll = select.poll()
        poll.register(child.stdout.fileno(), select.POLLIN)
        while not poll.poll(look_ms):
            if (taken := resident_mb(child.pid)) > limits.memory_mb:
                raise ReaderError(
                    f"reading took {taken:.0f} MB; the limit is {limits.memory_mb} MB"
                )
            if time.monotonic() >= given_up_at:
                raise ReaderError(f"reading made no progress for {limits.stall_s:g} s")

    def _last_words(self, limits: Limits) -> str:
        """How the process ended."""
        assert self._child is not None
        assert self._errors is not None
        try:
            code = self._child.wait(limits.stall_s)
        except subprocess.TimeoutExpired:
            return "reading stopped without a word"
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        how = f"died of signal {-code}" if code < 0 else f"ended with code {code}"
        return f"reading {how}" + (f": {lines[-1][-300:]}" if lines else "")


def ask_reader(order: Mapping[str, Any], limits: Limits) -> Iterator[Answer]:
    """Gives an order to a reading process of this process: an idle one, or a new one.

    Args:
        order: What to do, as `reader_child` takes it.
        limits: When to give it up.

    Raises:
        ReaderError: The process hung, took too much memory, died or failed.
    """
    reader = _lend()
    try:
        yield from reader.ask(order, limits)
    finally:
        _give_back(reader)


def resident_mb(pid: int | None) -> float:
    """Resident memory of a process; 0 where it cannot be seen."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def reader_cpu_s() -> float:
    """Processor time that reading processes of this process took for the orders they finished."""
    return sum(_cpu_s)


_cpu_s: list[float] = []
_idle: list[ReaderProcess] = []
_owner = os.getpid()


def _lend() -> ReaderProcess:
    global _owner  # noqa: PLW0603
    if _owner != os.getpid():
        # After a fork, the processes belong to the parent.
        _idle.clear()
        _owner = os.getpid()
    return _idle.pop() if _idle else ReaderProcess()


def _give_back(reader: ReaderProcess) -> None:
    if len(_idle) < IDLE_KEPT:
        _idle.append(reader)
    else:
        reader.end()


@atexit.register
def _end_idle() -> None:
    if _owner == os.getpid():
        for reader in _idle:
            reader.end()


def _widen(pipe: IO[bytes] | None) -> None:
    """Makes a pipe large, where the system can."""
    if pipe is not None and hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _close(pipe: IO[bytes]) -> None:
    with contextlib.suppress(BrokenPipeError):
        pipe.close()
