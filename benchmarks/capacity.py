"""How many payments a second this machine carries, generator included; prints one JSON line.

`python -m benchmarks.capacity`: the rate rises slowly; capacity is the rate of the last second
before the first one whose p99 (from the intended start) is beyond `LIMIT_MS`. From there on more
is asked than can be carried; `kept` says how much of the capacity is still of use to its payers.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.driven_system import Drive, drive
from harness.load.records import Outcome
from harness.load.traffic import read_schedule
from harness.store import RunFolder
from harness.view.tail import RunFollower

SCENARIO: Final = "rising_payments"
LOAD_S: Final = 50.0
WARM_UP_S: Final = 2
LIMIT_MS: Final = 300.0
NEVER_MS: Final = 99_999.0
OVER_S: Final = 5  # seconds after the capacity's in which the excess is still moderate


class Capacity(msgspec.Struct, frozen=True, kw_only=True):
    """What was carried: payments a second, and what the seconds looked like.

    `good_per_s`: payments due in that second that succeeded within `limit_ms` of their intended
    start. `done_per_s`: payments that came to success in that second, however late.
    """

    scenario: str
    carried_per_s: float
    kept: float
    limit_ms: float
    latency_ms_p99_by_second: tuple[float, ...]
    due_per_s: tuple[int, ...]
    good_per_s: tuple[int, ...]
    done_per_s: tuple[int, ...]


def measure(folder: RunFolder, order: Drive | None = None) -> Capacity:
    """Drive the reference system (or another one) without a fault. Raises HarnessError."""
    drive(order or Drive(scenario=SCENARIO, load_s=LOAD_S), folder)
    return judge(folder)


def judge(folder: RunFolder) -> Capacity:
    """Capacity from the stored attempts."""
    due_us = read_schedule(folder.schedule)
    took = _took_ms(folder)
    by_second: list[list[float]] = [[] for _ in range(int(LOAD_S))]
    done = [0] * len(by_second)
    for intent, due in enumerate(due_us):
        took_ms = took.get(intent, NEVER_MS)
        by_second[min(due // 1_000_000, len(by_second) - 1)].append(took_ms)
        ended_s = int((due / 1000 + took_ms) // 1000)
        if intent in took and ended_s < len(done):
            done[ended_s] += 1
    return _judged(by_second, done)


def _judged(by_second: list[list[float]], done: list[int]) -> Capacity:
    p99 = [_p99(all_ms) for all_ms in by_second]
    good = [sum(ms <= LIMIT_MS for ms in all_ms) for all_ms in by_second]
    first_bad = next((s for s, ms in enumerate(p99) if s >= WARM_UP_S and ms > LIMIT_MS), len(p99))
    carried = len(by_second[max(0, first_bad - 1)])
    over = good[first_bad : first_bad + OVER_S]
    return Capacity(
        scenario=SCENARIO,
        carried_per_s=float(carried),
        kept=round(statistics.median(over) / carried, 3) if over and carried else 1.0,
        limit_ms=LIMIT_MS,
        latency_ms_p99_by_second=tuple(round(ms, 1) for ms in p99),
        due_per_s=tuple(map(len, by_second)),
        good_per_s=tuple(good),
        done_per_s=tuple(done),
    )


def _p99(all_ms: list[float]) -> float:
    return sorted(all_ms)[int(len(all_ms) * 0.99)] if all_ms else 0.0


def _took_ms(folder: RunFolder) -> dict[int, float]:
    """Intended start to final success, by intent, in ms."""
    first: dict[int, int] = {}
    took: dict[int, float] = {}
    for a in sorted(RunFollower(folder).attempts(), key=lambda attempt: attempt.attempt):
        due = first.setdefault(a.intent, a.due_us)
        if a.outcome is Outcome.OK:
            took.setdefault(a.intent, (a.due_us + a.late_us + a.took_us - due) / 1000)
    return took


def main() -> None:
    """Measure in a temporary folder."""
    with tempfile.TemporaryDirectory() as root:
        print(msgspec.json.encode(measure(RunFolder(Path(root) / "run"))).decode())


if __name__ == "__main__":
    main()
