"""CPU time of each process of a run, by name: the difference of two readings of /proc."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from harness.clock import Clock
from harness.host.processes import TICKS_PER_S, read_processes


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
    table, apart = read_processes(), frozenset(one.pid for one in watched)
    ticks = {
        one.name: sum(table.by_pid[pid].own for pid in table.below([one.pid], apart))
        for one in watched
    }
    totals = {name: spent / TICKS_PER_S for name, spent in ticks.items()}
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
