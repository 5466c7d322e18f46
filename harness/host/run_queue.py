"""How long the threads of some processes waited for a CPU while they were ready to run."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.host.processes import PROC


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueTimes:
    """Nanoseconds so far, over all threads seen: on a CPU, and waiting for one."""

    ran_ns: int = 0
    waited_ns: int = 0


class RunQueue:
    """Sums the scheduler's figures (/proc/PID/task/TID/schedstat) over readings.

    A thread counts from its second reading on; the last part of a thread that ends is not seen, so
    both sums are lower bounds.
    """

    def __init__(self, proc: Path = PROC) -> None:
        self._proc = proc
        self._last: dict[tuple[int, int], tuple[int, int]] = {}
        self._total = QueueTimes()

    def read(self, pids: Iterable[int]) -> QueueTimes:
        """Add what the threads of these processes did since the last reading."""
        now = {key: seen for pid in pids for key, seen in self._threads(pid)}
        ran_ns, waited_ns = self._total.ran_ns, self._total.waited_ns
        for key, (ran, waited) in now.items():
            ran_before, waited_before = self._last.get(key, (ran, waited))
            ran_ns += max(0, ran - ran_before)
            waited_ns += max(0, waited - waited_before)
        self._last = now
        self._total = QueueTimes(ran_ns=ran_ns, waited_ns=waited_ns)
        return self._total

    def _threads(self, pid: int) -> list[tuple[tuple[int, int], tuple[int, int]]]:
        found = []
        tasks = self._proc / str(pid) / "task"
        try:
            names = os.listdir(tasks)  # noqa: PTH208  # names only, many times a second
        except OSError:  # the process has ended
            return []
        for name in names:
            try:
                ran, waited, *_ = (tasks / name / "schedstat").read_text().split()
            except (
                OSError,
                ValueError,
            ):  # the thread has ended, or the kernel does not keep schedstats
                continue
            found.append(((pid, int(name)), (int(ran), int(waited))))
        return found
