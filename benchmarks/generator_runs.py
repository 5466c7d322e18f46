"""Load generators against the arrival server: ours as a run starts it, the peers by their own hand.

Each run gives what the server's kernel saw and what the generator's process took.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.arrival_server import LOAD_CORE, ArrivalServer, on_core
from benchmarks.generator_peers import TOOLS, Ask, Tool
from benchmarks.measuring import Figures, Peer
from benchmarks.peers import missing
from harness.clock import NS_PER_S
from harness.errors import ConfigError
from harness.load.generator import Generator
from harness.load.records import FIELDS
from harness.load.traffic import read_schedule
from harness.store import LoadPlan, RunFolder

LEAN: Final = "steady_payments"
USERS: Final = str(Path(__file__).parent / "plain_user.py")
# Not read from the scenario: to import one is to import gevent, which would reap our children.
SCENARIO_PER_S: Final = 120.0
PATH: Final = "/v1/payments"
READY_LIMIT_S: Final = 30.0
END_LIMIT_S: Final = 40.0
SETTLE_S: Final = 1.0
Stamps = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The load of one drive; the server is stopped from `freeze_at_s` for `freeze_s`."""

    per_s: int
    load_s: float
    freeze_at_s: float | None = None
    freeze_s: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The measurements of one load; all stamps are nanoseconds of CLOCK_MONOTONIC.

    `due_ns[i]` is when arrival i was meant and `first_ns[i]` when the server's kernel had it (0:
    never); a peer's schedule is the ideal one that its own first arrivals allow. `waited_us` is the
    generator's own word of each request it reports; `frozen_ns` the freeze's begin and end.
    """

    arrived_ns: Stamps
    due_ns: Stamps
    first_ns: Stamps
    waited_us: npt.NDArray[np.int64]
    cpu_s_per_10k: float
    record_bytes: int
    frozen_ns: tuple[int, int]

    @property
    def late_ms(self) -> npt.NDArray[np.float64]:
        """Of every arrival that came: how much later than it was meant."""
        came = self.first_ns > 0
        return (self.first_ns[came] - self.due_ns[came]) / 1e6

    @property
    def late_ms_from_own_earliest(self) -> npt.NDArray[np.float64]:
        """The same, less what its most punctual arrival has: all that can be said of a peer.

        A peer's zero is not known, so `due_ns` of a peer begins so that none is early; this does
        the same to anybody.
        """
        earliest_ms = float(self.late_ms.min())
        return self.late_ms - earliest_ms


Run = Callable[[Load], Seen]


def run_ours(load: Load, scenario: str = LEAN) -> Seen:
    """That scenario's payers at that rate, recorded as in a run. Raises HarnessError."""
    with _served(load) as (server, scratch):
        folder = RunFolder(scratch / "run")
        folder.create()
        with on_core(LOAD_CORE):
            generator = Generator.start(_plan(load, server, folder, scenario), folder)
        with generator:
            generator.wait_ready(READY_LIMIT_S)
            zero_ns = time.monotonic_ns() + NS_PER_S // 5
            generator.go(zero_ns)
            cpu, frozen = _watch(load, server, generator.pid, zero_ns)
            generator.wait_done(END_LIMIT_S)
        due_us = np.array(read_schedule(folder.schedule), np.int64)
        _check_rate(load, len(due_us))
        raw = b"".join(path.read_bytes() for path in folder.all_attempts())
        kept = np.frombuffer(raw, np.dtype(list(FIELDS)))
        arrivals = server.arrivals()
    first_ns = np.zeros(len(due_us), np.int64)
    latest_first = arrivals[np.argsort(arrivals[:, 0])[::-1]]
    first_ns[latest_first[:, 1]] = latest_first[:, 0]
    return Seen(
        arrived_ns=np.sort(arrivals[:, 0]),
        due_ns=zero_ns + due_us * 1000,
        first_ns=first_ns,
        waited_us=kept["late_us"].astype(np.int64) + kept["took_us"],
        cpu_s_per_10k=cpu,
        record_bytes=len(raw),
        frozen_ns=frozen,
    )


def peers_of(measure: Callable[[Run], Figures]) -> tuple[Peer, ...]:
    """The same figures of every peer."""
    return tuple(
        Peer(
            name=tool.name,
            measure=partial(measure, partial(run_peer, tool)),
            missing=missing(tool.program),
        )
        for tool in TOOLS
    )


def _plan(load: Load, server: ArrivalServer, folder: RunFolder, scenario: str) -> LoadPlan:
    return LoadPlan(
        scenario=scenario,
        seed=1,
        rate_scale=load.per_s / SCENARIO_PER_S,
        host=server.url,
        folder=str(folder.root),
        intent_prefix="bench",
        load_s=load.load_s,
        stop_s=load.load_s + 5,
    )


def _check_rate(load: Load, scheduled: int) -> None:
    """Poisson arrivals stay within six standard deviations. Raises ConfigError."""
    meant = load.per_s * load.load_s
    if abs(scheduled - meant) > 6 * meant**0.5:
        raise ConfigError(f"the scenario does not offer {SCENARIO_PER_S:g}/s any more: {scheduled}")


@contextlib.contextmanager
def _served(load: Load) -> Iterator[tuple[ArrivalServer, Path]]:
    room = int(load.per_s * load.load_s * 2) + 1000
    with tempfile.TemporaryDirectory() as name, ArrivalServer(Path(name), room) as server:
        yield server, Path(name)


def run_peer(tool: Tool, load: Load) -> Seen:
    """A peer at that rate. Raises SubprocessError when it does not end."""
    with _served(load) as (server, scratch):
        ask = Ask(per_s=load.per_s, load_s=load.load_s, url=server.url + PATH, scratch=scratch)
        line = tool.command(ask)
        with on_core(LOAD_CORE), ask.out.open("wb") as out:
            process = subprocess.Popen(line, stdout=out, stderr=subprocess.STDOUT)
        try:
            began_s = time.monotonic()
            while not server.count and time.monotonic() < began_s + READY_LIMIT_S:
                time.sleep(0.002)
            cpu, frozen = _watch(load, server, process.pid, time.monotonic_ns())
            process.wait(END_LIMIT_S)
        finally:
            process.kill()
            process.wait()
        arrived = np.sort(server.arrivals()[:, 0])
        record = tool.record(ask)
        took_us, size = tool.took(record), record.stat().st_size
    due_ns, first_ns = _ideal(load, arrived)
    return Seen(
        arrived_ns=arrived,
        due_ns=due_ns,
        first_ns=first_ns,
        waited_us=took_us,
        cpu_s_per_10k=cpu,
        record_bytes=size,
        frozen_ns=frozen,
    )


def _ideal(load: Load, arrived: Stamps) -> tuple[Stamps, Stamps]:
    """The i-th arrival was meant i intervals after a zero that makes none of them early."""
    due_ns = np.round(np.arange(round(load.per_s * load.load_s)) * NS_PER_S / load.per_s)
    first_ns = np.zeros(len(due_ns), np.int64)
    came = min(len(arrived), len(due_ns))
    first_ns[:came] = arrived[:came]
    due_ns = due_ns.astype(np.int64)
    return due_ns + (arrived[:came] - due_ns[:came]).min(), first_ns


def _watch(
    load: Load, server: ArrivalServer, pid: int, zero_ns: int
) -> tuple[float, tuple[int, int]]:
    """CPU seconds per 10,000 requests once it runs steadily; the freeze's begin and end."""
    _sleep_until(zero_ns + int(SETTLE_S * NS_PER_S))
    cpu_ns, count = _cpu_ns(pid), server.count
    frozen = (0, 0)
    if load.freeze_at_s is not None:
        _sleep_until(zero_ns + int(load.freeze_at_s * NS_PER_S))
        begin_ns = time.monotonic_ns()
        os.kill(server.pid, signal.SIGSTOP)
        _sleep_until(begin_ns + int(load.freeze_s * NS_PER_S))
        os.kill(server.pid, signal.SIGCONT)
        frozen = (begin_ns, time.monotonic_ns())
    _sleep_until(zero_ns + int((load.load_s - 0.3) * NS_PER_S))
    spent_s, served = (_cpu_ns(pid) - cpu_ns) / NS_PER_S, server.count - count
    return spent_s / max(1, served) * 10_000, frozen


def _sleep_until(mono_ns: int) -> None:
    time.sleep(max(0.0, (mono_ns - time.monotonic_ns()) / NS_PER_S))


def _cpu_ns(pid: int) -> int:
    """Time on a core of all its threads, to the nanosecond (a tick of /proc/stat is 10 ms)."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks)
