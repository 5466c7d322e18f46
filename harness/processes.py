"""The processes as /proc tells them at one instant: who descends from whom, CPU so far."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """CPU in ticks: `own`, and `reaped` of its dead children that it has waited for."""

    pid: int
    parent: int
    started_ticks: int
    own: int
    reaped: int

    @property
    def ever(self) -> int:
        """Its own and its dead's."""
        return self.own + self.reaped


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessTable:
    """All processes by pid."""

    by_pid: Mapping[int, Process]

    def below(self, roots: Iterable[int], cut_off: frozenset[int] = frozenset()) -> set[int]:
        """The roots that live and all that descends from them, but not what is cut off there."""
        children: dict[int, list[int]] = {}
        for process in self.by_pid.values():
            children.setdefault(process.parent, []).append(process.pid)
        found: set[int] = set()
        todo = [pid for pid in roots if pid in self.by_pid]
        while todo:
            current = todo.pop()
            if current not in found:
                found.add(current)
                todo += [pid for pid in children.get(current, []) if pid not in cut_off]
        return found


def read_processes() -> ProcessTable:
    """All processes, now; one that ends meanwhile may be left out."""
    found = (_read(entry) for entry in PROC.iterdir() if entry.name.isdigit())
    return ProcessTable(by_pid={process.pid: process for process in found if process})


def _read(entry: Path) -> Process | None:
    try:
        stat = (entry / "stat").read_text()
    except OSError:  # it ended while we looked
        return None
    fields = stat.rpartition(")")[2].split()  # after the command's name, state first
    return Process(
        pid=int(entry.name),
        parent=int(fields[1]),
        started_ticks=int(fields[19]),
        own=int(fields[11]) + int(fields[12]),
        reaped=int(fields[13]) + int(fields[14]),
    )
