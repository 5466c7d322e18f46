"""How busy the CPUs are that a run may use, and how much of that other processes take.

Foreign is the larger of two lower bounds: what all other processes took (blind to other
containers), and what the CPUs did or a hypervisor took (steal) beyond the run's own. The second
leaves the kernel's softirq out, since some kernels count it with the processes and some do not;
most of it is the run's own traffic on loopback. Under a cgroup quota both are counted within the
cgroup, since the counters of /proc/stat are the host's.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from harness.clock import NS_PER_S, Clock
from harness.figure_ranges import Instant, Ratio, Scale, Share
from harness.host.allowance import Allowance, read_allowance
from harness.host.cgroup import CgroupCpu, read_cgroup_cpu
from harness.host.own_tree import IsOwn, OwnTree
from harness.host.processes import PROC, TICKS_PER_S, read_processes
from harness.host.run_queue import QueueTimes, RunQueue

SLICE_S: Final = 1.0
_NAMED_TAKERS: Final = 3
_NOTED_SHARE: Final = 0.005
_NS_PER_TICK: Final = NS_PER_S // TICKS_PER_S


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the run, in seconds since its zero.

    `busy`, `foreign`: shares (0 to 1) of the CPU that the run may use. `waited`: seconds that the
    run's own threads waited for a CPU per second that they ran on one. `throttled`: share of the
    time in which the cgroup's quota was used up. `takers`: the other processes that took most.
    """

    begin_s: Instant
    end_s: Instant
    busy: Share
    foreign: Share
    waited: Ratio = 0.0
    throttled: Share = 0.0
    takers: dict[str, float] = msgspec.field(default_factory=dict)


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """machine.json: what the run could use of its machine, second by second.

    `cores` may be a fraction (a cgroup quota); `limited_by` says in words what restricts them.
    """

    cores: Scale
    host_cores: int
    limited_by: str
    slices: tuple[Slice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuReading:
    """CPU ticks so far, each from a zero of its own: only differences mean something.

    `busy` of all CPUs that may be used, `others` by processes outside the run, `beyond` of these
    CPUs without softirq but with steal, beyond the run's own. `by_process`: ticks of other
    processes by (pid, name).
    """

    mono_ns: int
    busy: int
    others: int
    beyond: int
    throttled_ns: int = 0
    queue: QueueTimes = field(default_factory=QueueTimes)
    by_process: dict[tuple[int, str], int] = field(default_factory=dict)


class CpuMeter:
    """Reads the CPU counters of one run, whose root process is `root`."""

    def __init__(
        self,
        root: int,
        clock: Clock,
        allowance: Allowance | None = None,
        also: IsOwn | None = None,
    ) -> None:
        self._clock, self._own, self._queue = clock, OwnTree(root, also), RunQueue()
        self.allowance = allowance or read_allowance()

    def read(self) -> CpuReading:
        """Now. Raises OSError where the kernel's counters cannot be read."""
        table = read_processes()
        own_ticks = self._own.ticks(table)
        mine = self._own.pids
        by_process = {(p.pid, p.name): p.own for p in table.by_pid.values() if p.pid not in mine}
        others = sum(process.ever for process in table.by_pid.values()) - own_ticks
        limit = self.allowance.limit
        if limit is not None and limit.cores < len(self.allowance.cpus):
            busy, beyond, throttled_ns = _of_cgroup(read_cgroup_cpu(limit), own_ticks)
            others = beyond
        else:
            busy, beyond = _of_cpus(self.allowance, own_ticks)
            throttled_ns = 0
            if len(self.allowance.cpus) < self.allowance.host_cores:
                others = beyond  # the other processes may run on CPUs that are not ours
        return CpuReading(
            mono_ns=self._clock.monotonic_ns(),
            busy=busy,
            others=others,
            beyond=beyond,
            throttled_ns=throttled_ns,
            queue=self._queue.read(mine),
            by_process=by_process,
        )


def _of_cgroup(seen: CgroupCpu, own_ticks: int) -> tuple[int, int, int]:
    busy = seen.used_ns // _NS_PER_TICK
    return busy, busy - own_ticks, seen.throttled_ns


def _of_cpus(allowance: Allowance, own_ticks: int) -> tuple[int, int]:
    """Ticks of the CPUs in the affinity mask, from their own lines of /proc/stat."""
    busy = beyond = 0
    for line in (PROC / "stat").read_text().splitlines():
        name, *fields = line.split()
        number = name.removeprefix("cpu")
        if name == number or not number.isdigit() or int(number) not in allowance.cpus:
            continue
        user, nice, system, _, _, irq, softirq, steal = map(int, fields[:8])
        busy += user + nice + system + irq + softirq + steal
        beyond += user + nice + system + steal
    return busy, beyond - own_ticks


def slice_of(before: Sequence[CpuReading], end: CpuReading, t0_mono_ns: int, cores: float) -> Slice:
    """What happened since the last of the readings before.

    A process that is waited for while the table is read may be missing once: such a dip comes back
    with the next reading and is not work. More than one reading before is needed for that.
    """
    begin = before[-1]
    elapsed_s = max(end.mono_ns - begin.mono_ns, 1) / NS_PER_S
    room = elapsed_s * cores * TICKS_PER_S
    others = end.others - max(reading.others for reading in before)
    beyond = end.beyond - max(reading.beyond for reading in before)
    begin_s, end_s = ((reading.mono_ns - t0_mono_ns) / NS_PER_S for reading in (begin, end))
    return Slice(
        begin_s=round(begin_s, 3),
        end_s=round(end_s, 3),
        busy=_share((end.busy - begin.busy) / room),
        foreign=_share(max(others, beyond) / room),
        waited=_waited(begin.queue, end.queue),
        throttled=_share((end.throttled_ns - begin.throttled_ns) / NS_PER_S / elapsed_s),
        takers=_takers(begin, end, room),
    )


def _share(of: float) -> float:
    """Counters of the kernel may step back by a tick."""
    return round(min(1.0, max(0.0, of)), 4)


def _waited(begin: QueueTimes, end: QueueTimes) -> float:
    ran_ns = end.ran_ns - begin.ran_ns
    return round((end.waited_ns - begin.waited_ns) / ran_ns, 4) if ran_ns > 0 else 0.0


def _takers(begin: CpuReading, end: CpuReading, room: float) -> dict[str, float]:
    shares: dict[str, float] = {}
    for key, ticks in end.by_process.items():
        took = ticks - begin.by_process.get(key, ticks)
        shares[key[1]] = shares.get(key[1], 0.0) + took / room
    most = sorted(shares.items(), key=lambda item: -item[1])[:_NAMED_TAKERS]
    return {name: round(share, 4) for name, share in most if share >= _NOTED_SHARE}


class MachineWatch:
    """Reads at most once a second when it is ticked; the own tree is that of this process.

    `also` tells which other processes carry the system of the run.
    """

    def __init__(self, clock: Clock, also: IsOwn | None = None) -> None:
        self._clock = clock
        self._meter = CpuMeter(os.getpid(), clock, also=also)
        self._readings = [self._meter.read()]

    @property
    def cores(self) -> float:
        """Cores that this process may use."""
        return self._meter.allowance.cores

    def tick(self) -> None:
        """Read again if the last reading is old enough."""
        if self._clock.monotonic_ns() - self._readings[-1].mono_ns >= SLICE_S * NS_PER_S:
            self._readings.append(self._meter.read())

    def slices(self, t0_mono_ns: int) -> tuple[Slice, ...]:
        """All so far, in order; together they leave no gap."""
        cores, seen = self._meter.allowance.cores, self._readings
        return tuple(
            slice_of(seen[max(0, i - 2) : i], seen[i], t0_mono_ns, cores)
            for i in range(1, len(seen))
        )

    def machine(self, t0_mono_ns: int) -> Machine:
        """All of it, as the run stores it."""
        allowance = self._meter.allowance
        return Machine(
            cores=allowance.cores,
            host_cores=allowance.host_cores,
            limited_by=allowance.describe() if allowance.restricted else "",
            slices=self.slices(t0_mono_ns),
        )
