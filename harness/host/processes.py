"""All processes at one instant, from /proc: parents, names and CPU so far."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
_NOT_PLAIN: Final = re.compile(r"[^A-Za-z0-9 _.:/+@-]")
TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """CPU in ticks: `own`, and `reaped` of its dead children that it has waited for.

    `name`: printable ASCII only, since a process chooses its name itself.
    """

    pid: int
    parent: int
    started_ticks: int
    own: int
    reaped: int
    name: str = ""

    @property
    def ever(self) -> int:
        """Its own ticks and those of its children that have ended."""
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
    """All processes; one that ends during the call may be left out."""
    found = (_read(entry) for entry in PROC.iterdir() if entry.name.isdigit())
    return ProcessTable(by_pid={process.pid: process for process in found if process})


def _read(entry: Path) -> Process | None:
    try:
        stat = (entry / "stat").read_text("utf-8", errors="replace")
    except OSError:  # it ended while we looked
        return None
    head, _, tail = stat.rpartition(")")
    fields = tail.split()  # after the command's name, state first
    return Process(
        pid=int(entry.name),
        parent=int(fields[1]),
        started_ticks=int(fields[19]),
        own=int(fields[11]) + int(fields[12]),
        reaped=int(fields[13]) + int(fields[14]),
        name=_NOT_PLAIN.sub("?", head.partition("(")[2]),
    )
