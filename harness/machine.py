"""How busy the machine is while a run is on, and how much of that is none of the run's doing.

Foreign is the larger of two lower bounds: what all other processes took (blind to other
containers), and what the machine's cores did or a hypervisor took (steal) beyond the run's own.
The second leaves the kernel's softirq out, since some kernels count it with the processes and some
do not; most of it is the run's own traffic on loopback.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from harness.clock import NS_PER_S, Clock
from harness.processes import PROC, TICKS_PER_S, Process, ProcessTable, read_processes

SLICE_S: Final = 1.0


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the run, in seconds since its zero; shares of all cores, 0 to 1."""

    begin_s: float
    end_s: float
    busy: float
    foreign: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuReading:
    """CPU ticks so far, each from a zero of its own: only differences mean something.

    `busy` of all cores, `others` by processes outside the run, `beyond` of all cores without
    softirq but with steal, beyond the run's own.
    """

    mono_ns: int
    busy: int
    others: int
    beyond: int


class OwnTree:
    """What a process and all that ever descended from it have taken, whoever dies or is orphaned.

    Whoever was once seen in the tree stays its own: a killed database leaves its workers to init.
    """

    def __init__(self, root: int) -> None:
        self._root = root
        self._seen: dict[int, Process] = {}
        self._left_to_others = 0

    def ticks(self, table: ProcessTable) -> int:
        """Up to the instant of that table; tables come in the order of time."""
        alive = {pid for pid, last in self._seen.items() if _same(last, table.by_pid.get(pid))}
        for pid in self._seen.keys() - alive:
            if self._seen[pid].parent not in alive:  # else its parent has waited for it
                self._left_to_others += self._seen[pid].ever
        mine = table.below({self._root} | alive)
        self._seen = {pid: table.by_pid[pid] for pid in mine}
        return self._left_to_others + sum(process.ever for process in self._seen.values())


def _same(last: Process, now: Process | None) -> bool:
    return now is not None and now.started_ticks == last.started_ticks


def read_cpu(own: OwnTree, clock: Clock) -> CpuReading:
    """Now."""
    table = read_processes()
    fields = (PROC / "stat").read_text().split("\n", 1)[0].split()[1:9]
    user, nice, system, _, _, irq, softirq, steal = map(int, fields)
    own_ticks = own.ticks(table)
    return CpuReading(
        mono_ns=clock.monotonic_ns(),
        busy=user + nice + system + irq + softirq + steal,
        others=sum(process.ever for process in table.by_pid.values()) - own_ticks,
        beyond=user + nice + system + steal - own_ticks,
    )


def slice_of(before: Sequence[CpuReading], end: CpuReading, t0_mono_ns: int, cores: int) -> Slice:
    """What happened since the last of the readings before.

    A process that is waited for while the table is read may be missing once: such a dip comes back
    with the next reading and is nobody's work, hence more than one reading before.
    """
    begin = before[-1]
    room = max(end.mono_ns - begin.mono_ns, 1) / NS_PER_S * cores * TICKS_PER_S
    others = end.others - max(reading.others for reading in before)
    beyond = end.beyond - max(reading.beyond for reading in before)
    begin_s, end_s = ((reading.mono_ns - t0_mono_ns) / NS_PER_S for reading in (begin, end))
    return Slice(
        begin_s=round(begin_s, 3),
        end_s=round(end_s, 3),
        busy=round(min(1.0, (end.busy - begin.busy) / room), 4),
        foreign=round(min(1.0, max(0, others, beyond) / room), 4),
    )


class MachineWatch:
    """Reads at most once a second, as often as it is ticked; this process's tree is the own one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._own = OwnTree(os.getpid())
        self._readings = [read_cpu(self._own, clock)]

    def tick(self) -> None:
        """Read again if the last reading is old enough."""
        if self._clock.monotonic_ns() - self._readings[-1].mono_ns >= SLICE_S * NS_PER_S:
            self._readings.append(read_cpu(self._own, self._clock))

    def slices(self, t0_mono_ns: int) -> tuple[Slice, ...]:
        """All so far, in order; together they leave no gap."""
        cores, seen = os.cpu_count() or 1, self._readings
        return tuple(
            slice_of(seen[max(0, i - 2) : i], seen[i], t0_mono_ns, cores)
            for i in range(1, len(seen))
        )
