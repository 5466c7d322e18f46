"""CPU time of each process of a run, by name: the difference of two readings of /proc."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import msgspec

from harness.clock import NS_PER_S, Clock
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


class CpuSlice(msgspec.Struct, frozen=True, kw_only=True):
    """CPU seconds by process in a stretch of the run."""

    begin_s: float
    end_s: float
    cpu_s: dict[str, float]


class CpuOverTime(msgspec.Struct, frozen=True, kw_only=True):
    """cpu.json: what each process took, stretch by stretch."""

    slices: tuple[CpuSlice, ...]

    def shares(self, begin_s: float, end_s: float) -> dict[str, float]:
        """Mean shares of one core over the stretches that touch these times, dearest first."""
        inside = [s for s in self.slices if s.end_s > begin_s and s.begin_s < end_s]
        long_s = sum(s.end_s - s.begin_s for s in inside)
        sums: dict[str, float] = {}
        for one in inside:
            for name, cpu_s in one.cpu_s.items():
                sums[name] = sums.get(name, 0.0) + cpu_s
        ordered = sorted(sums.items(), key=lambda item: (-item[1], item[0]))
        return {name: cpu_s / long_s for name, cpu_s in ordered} if long_s else {}


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


def over_time(samples: Sequence[Sample], t0_mono_ns: int) -> CpuOverTime:
    """The stretches between the samples; a process that was restarted begins at zero again."""
    return CpuOverTime(
        slices=tuple(_slice(before, after, t0_mono_ns) for before, after in pairwise(samples))
    )


def _slice(before: Sample, after: Sample, t0_mono_ns: int) -> CpuSlice:
    begin_s, end_s = ((s.mono_ns - t0_mono_ns) / NS_PER_S for s in (before, after))
    taken: dict[str, float] = {}
    for name, total in after.cpu_s.items():
        known = before.cpu_s.get(name, 0.0)
        taken[name] = round(total - known if total >= known else total, 3)
    return CpuSlice(begin_s=round(begin_s, 3), end_s=round(end_s, 3), cpu_s=taken)
