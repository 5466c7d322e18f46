"""What each process of a run costs in CPU: read from /proc at two instants, told by name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from harness.clock import Clock

PROC: Final = Path("/proc")
_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A process to account for; its children count with it, unless they are watched themselves."""

    name: str
    pid: int


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """CPU seconds (user and system) that one process took in a window of the run."""

    name: str
    cpu_s: float
    begin_s: float
    end_s: float

    @property
    def of_one_core(self) -> float:
        """Share of one core in the window."""
        return self.cpu_s / max(self.end_s - self.begin_s, 1e-9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """CPU seconds so far, by name, at one instant."""

    mono_ns: int
    cpu_s: dict[str, float]


def take_sample(watched: tuple[Watched, ...], clock: Clock) -> Sample:
    """The CPU seconds of all watched processes and their living children, now."""
    children, ticks = _process_table()
    for one in watched:
        for kids in children.values():
            if one.pid in kids:
                kids.remove(one.pid)
    totals = {w.name: _tree_ticks(w.pid, children, ticks) / _TICKS_PER_S for w in watched}
    return Sample(mono_ns=clock.monotonic_ns(), cpu_s=totals)


def between(begin: Sample, end: Sample, t0_mono_ns: int) -> tuple[Usage, ...]:
    """What each process took from one sample to the next, dearest first."""
    begin_s, end_s = ((s.mono_ns - t0_mono_ns) / 1e9 for s in (begin, end))
    used = [
        Usage(name=name, cpu_s=round(total - begin.cpu_s[name], 3), begin_s=begin_s, end_s=end_s)
        for name, total in end.cpu_s.items()
        if name in begin.cpu_s
    ]
    return tuple(sorted(used, key=lambda usage: -usage.cpu_s))


def _process_table() -> tuple[dict[int, list[int]], dict[int, int]]:
    children: dict[int, list[int]] = {}
    ticks: dict[int, int] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            stat = _stat(entry)
            if stat:
                pid = int(entry.name)
                children.setdefault(int(stat[1]), []).append(pid)
                ticks[pid] = int(stat[11]) + int(stat[12])
    return children, ticks


def _stat(entry: Path) -> list[str]:
    """The fields of /proc/<pid>/stat after the command's name (state first)."""
    try:
        return (entry / "stat").read_text().rpartition(")")[2].split()
    except OSError:  # it ended while we looked
        return []


def _tree_ticks(pid: int, children: dict[int, list[int]], ticks: dict[int, int]) -> int:
    total, todo = 0, [pid]
    while todo:
        current = todo.pop()
        total += ticks.get(current, 0)
        todo += children.get(current, [])
    return total
