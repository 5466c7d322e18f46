"""The CPU ticks of one process and all its descendants, dead and orphaned ones included.

`also` tells of other processes whether they belong to the run: a system that runs on this machine
without descending from it.
"""

from __future__ import annotations

from collections.abc import Callable

from harness.host.processes import Process, ProcessTable

IsOwn = Callable[[int, str], bool]  # of a process: pid, name


class OwnTree:
    """A process seen once in the tree stays its own: a killed database leaves workers to init."""

    def __init__(self, root: int, also: IsOwn | None = None) -> None:
        self._root, self._also = root, also
        self._seen: dict[int, Process] = {}
        self._left_to_others = 0

    @property
    def pids(self) -> frozenset[int]:
        """The processes of the tree in the last table."""
        return frozenset(self._seen)

    def ticks(self, table: ProcessTable) -> int:
        """Ticks up to the instant of that table; tables come in the order of time."""
        alive = {pid for pid, last in self._seen.items() if _same(last, table.by_pid.get(pid))}
        for pid in self._seen.keys() - alive:
            if self._seen[pid].parent not in alive:  # else its parent has waited for it
                self._left_to_others += self._seen[pid].ever
        mine = table.below({self._root} | alive | self._others(table))
        self._seen = {pid: table.by_pid[pid] for pid in mine}
        return self._left_to_others + sum(process.ever for process in self._seen.values())

    def _others(self, table: ProcessTable) -> set[int]:
        """Processes that belong to the run without descending from its root."""
        if self._also is None:
            return set()
        return {p.pid for p in table.by_pid.values() if self._also(p.pid, p.name)}


def _same(last: Process, now: Process | None) -> bool:
    return now is not None and now.started_ticks == last.started_ticks
