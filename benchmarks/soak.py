"""A long load without a fault; memory and descriptors of each process over time: `make soak`.

`python -m benchmarks.soak [--minutes 60] [--rate 100] [--every 60]`

Memory is anonymous memory (RssAnon) of a process and all that descend from it: shared buffers and
program files do not count. The slope is that of a straight line through the second half.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.driven_system import START_LIMIT_S, started
from harness.load.generator import Generator
from harness.safety.identity import family, process_identity
from harness.safety.state import State
from harness.safety.undo import pending
from harness.store import LoadPlan, RunFolder

SCENARIO: Final = "steady_payments"
SCENARIO_PER_S: Final = 120.0
GIVE_UP_S: Final = 5.0
ZERO_AHEAD_S: Final = 0.5
MB: Final = 1e6
HOUR_S: Final = 3600.0
_KIB: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One process with its descendants at one time."""

    at_s: float
    anonymous_bytes: int
    descriptors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """What one process came to; slopes are per hour."""

    name: str
    first: Seen
    last: Seen
    slope_bytes: float
    slope_descriptors: float


def trend(name: str, seen: list[Seen]) -> Trend:
    """First, last, and the slope through the second half, when caches are warm."""
    half = seen[len(seen) // 2 :] if len(seen) > 3 else seen  # noqa: PLR2004  # a line needs two
    at_h = np.array([one.at_s / HOUR_S for one in half])
    memory = np.array([float(one.anonymous_bytes) for one in half])
    descriptors = np.array([float(one.descriptors) for one in half])
    return Trend(
        name=name,
        first=seen[0],
        last=seen[-1],
        slope_bytes=_slope(at_h, memory),
        slope_descriptors=_slope(at_h, descriptors),
    )


def look(pid: int, at_s: float) -> Seen | None:
    """A process and its descendants now; None when it has ended."""
    started_ticks = process_identity(pid)
    if started_ticks is None:
        return None
    members = [process.pid for process in family((pid, started_ticks))]
    memory, descriptors = sum(map(_anonymous_bytes, members)), sum(map(_descriptors, members))
    return Seen(at_s=at_s, anonymous_bytes=memory, descriptors=descriptors)


def soak(minutes: float, per_s: float, every_s: float) -> dict[str, list[Seen]]:
    """Load the reference system and look again and again; what was seen, by process."""
    load_s, seen = minutes * 60, dict[str, list[Seen]]()
    with tempfile.TemporaryDirectory(prefix="squall-soak-") as root:
        folder = RunFolder(Path(root) / "soak")
        with started(folder) as (state, supervisor):
            plan = _plan(folder, supervisor.entry, load_s, per_s)
            with Generator.start(plan, folder) as generator:
                generator.wait_ready(START_LIMIT_S)
                zero_s = time.monotonic() + ZERO_AHEAD_S
                generator.go(round(zero_s * 1e9))
                pids = {"generator": generator.pid, **_noted(state), "soak": os.getpid()}
                for at_s in _times(zero_s, load_s, every_s):
                    _look_at_all(pids, at_s, seen)
                    _say(_line(at_s, seen, folder))
    return seen


def _plan(folder: RunFolder, host: str, load_s: float, per_s: float) -> LoadPlan:
    return LoadPlan(
        scenario=SCENARIO,
        seed=1,
        rate_scale=per_s / SCENARIO_PER_S,
        host=host,
        folder=str(folder.root),
        intent_prefix="soak",
        load_s=load_s,
        stop_s=load_s + GIVE_UP_S,
    )


def _noted(state: State) -> dict[str, int]:
    noted = [r for r in pending(state.undo) if r.kind == "process"]
    return {r.resource: r.pid for r in reversed(noted) if not r.resource.startswith("soak")}


def _times(zero_s: float, load_s: float, every_s: float) -> Iterator[float]:
    due_s = min(every_s, load_s)
    while due_s <= load_s:
        time.sleep(max(0.0, zero_s + due_s - time.monotonic()))
        yield time.monotonic() - zero_s
        due_s += every_s


def _look_at_all(pids: dict[str, int], at_s: float, seen: dict[str, list[Seen]]) -> None:
    for name, pid in pids.items():
        # The supervisor's own children are listed by themselves.
        found = look(pid, at_s) if name not in ("supervisor", "soak") else _alone(pid, at_s)
        if found is not None:
            seen.setdefault(name, []).append(found)


def _alone(pid: int, at_s: float) -> Seen:
    return Seen(at_s=at_s, anonymous_bytes=_anonymous_bytes(pid), descriptors=_descriptors(pid))


def _line(at_s: float, seen: dict[str, list[Seen]], folder: RunFolder) -> str:
    parts = [
        f"{name} {last.anonymous_bytes / MB:.1f} MB {last.descriptors} fd"
        for name, last in ((name, all_seen[-1]) for name, all_seen in seen.items())
    ]
    logs_mb = sum(p.stat().st_blocks * 512 for p in folder.logs.glob("*")) / MB
    return f"{at_s:6.0f} s  " + "  ".join([*parts, f"logs {logs_mb:.1f} MB"])


def _table(trends: list[Trend]) -> str:
    head = f"{'process':14s} {'first MB':>9s} {'last MB':>9s} {'MB/hour':>9s}"
    rows = [f"{head} {'first fd':>9s} {'last fd':>9s} {'fd/hour':>9s}"]
    for one in trends:
        memory = f"{one.first.anonymous_bytes / MB:9.1f} {one.last.anonymous_bytes / MB:9.1f}"
        opened = f"{one.first.descriptors:9d} {one.last.descriptors:9d}"
        slopes = f"{one.slope_bytes / MB:9.2f}", f"{one.slope_descriptors:9.1f}"
        rows.append(f"{one.name:14s} {memory} {slopes[0]} {opened} {slopes[1]}")
    return "\n".join(rows)


def _slope(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.polyfit(x, y, 1)[0]) if len(x) > 1 else 0.0


def _anonymous_bytes(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    line = next((line for line in text.splitlines() if line.startswith("RssAnon:")), "RssAnon: 0")
    return int(line.split()[1]) * _KIB


def _descriptors(pid: int) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208  # only their number
    except OSError:
        return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Soak, and print what was seen."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=100.0, metavar="PER_S")
    parser.add_argument("--every", type=float, default=60.0, metavar="S")
    given = parser.parse_args(arguments)
    seen = soak(given.minutes, given.rate, given.every)
    _say(_table([trend(name, all_seen) for name, all_seen in seen.items()]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
