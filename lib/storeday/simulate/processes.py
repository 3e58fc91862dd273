"""A small discrete-event clock: processes are generators that yield the seconds they sleep.

Processes that wake at one moment go on in the order in which they fell asleep, so that a run is
the same each time.
"""

import heapq
from collections.abc import Generator

Process = Generator[float, None, None]


class Clockwork:
    """Runs processes in order of time.

    Example:
        >>> clock = Clockwork()
        >>> def knock(times):
        ...     for _ in range(times):
        ...         yield 2.5
        >>> clock.start(1.0, knock(2))
        >>> clock.run()
        >>> clock.now_s
        6.0
    """

    def __init__(self) -> None:
        self.now_s = 0.0
        self._order = 0
        self._sleeping: list[tuple[float, int, Process]] = []

    def start(self, at_s: float, process: Process) -> None:
        """Wakes a new process at a time that has not passed.

        Raises:
            ValueError: The time has passed.
        """
        if at_s < self.now_s:
            raise ValueError(f"a process wakes at {at_s} s; it is {self.now_s} s already")
        heapq.heappush(self._sleeping, (at_s, self._order, process))
        self._order += 1

    def run(self) -> None:
        """Runs until every process has ended."""
        while self._sleeping:
            self.now_s, _, process = heapq.heappop(self._sleeping)
            sleep_s = next(process, None)
            if sleep_s is not None:
                self.start(self.now_s + max(sleep_s, 0.0), process)
