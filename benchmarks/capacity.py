"""How many payments a second this machine carries, generator included; prints one JSON line.

`python -m benchmarks.capacity`: the rate rises slowly; capacity is the rate of the last second
before the first one whose p99 (from the intended start) is beyond `LIMIT_MS`.
"""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from harness.clock import SystemClock
from harness.load import Generator
from harness.records import RECORD_BYTES, Attempt, Outcome, unpack
from harness.safety.lock import MachineLock
from harness.safety.state import lock_path, open_state
from harness.safety.undo import UndoLog, refuse_leftover
from harness.store import LoadPlan, RunFolder
from harness.targets.local.target import Supervisor
from harness.traffic import read_schedule
from harness.watchdog import Watchdog

SCENARIO: Final = "rising_payments"
LOAD_S: Final = 40.0
WARM_UP_S: Final = 2
ROOT: Final = Path(__file__).resolve().parent.parent
SYSTEM: Final = ROOT / "reference_services" / "system.yaml"
# As in a run whose experiment touches no TCP edge: nothing of ours stands before the database.
DIRECT: Final = ("--direct", "ledger>postgres", "--direct", "payments>postgres")
LIMIT_MS: Final = 300.0
PAYERS_GIVE_UP_S: Final = 5.0
START_LIMIT_S: Final = 30.0


class Capacity(msgspec.Struct, frozen=True, kw_only=True):
    """What was carried: payments a second, and what the next second looked like."""

    scenario: str
    carried_per_s: float
    limit_ms: float
    latency_ms_p99_by_second: tuple[float, ...]


def measure(folder: RunFolder) -> Capacity:
    """Drive the reference system without a fault. Raises HarnessError."""
    state = open_state()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with MachineLock.take(lock_path(), "squall capacity", now):
        refuse_leftover(state.undo)
        watchdog = Watchdog.start(state)
        supervisor = Supervisor.start(SYSTEM, folder, state, DIRECT)
        try:
            _drive(folder, supervisor.entry)
        finally:
            supervisor.stop()
            UndoLog(state.undo).clear()
            watchdog.clean()
    return judge(folder)


def _drive(folder: RunFolder, host: str) -> None:
    plan = LoadPlan(
        scenario=SCENARIO,
        seed=1,
        rate_scale=1.0,
        host=host,
        folder=str(folder.root),
        intent_prefix="capacity",
        load_s=LOAD_S,
        stop_s=LOAD_S + PAYERS_GIVE_UP_S,
    )
    with Generator.start(plan, folder) as generator:
        generator.wait_ready(START_LIMIT_S)
        generator.go(SystemClock().monotonic_ns() + 500_000_000)
        until_s = time.monotonic() + plan.stop_s + START_LIMIT_S
        while generator.alive() and time.monotonic() < until_s:
            time.sleep(0.2)


def judge(folder: RunFolder) -> Capacity:
    """Capacity from the stored attempts."""
    due_us = read_schedule(folder.schedule)
    took = _took_ms(folder)
    by_second: list[list[float]] = [[] for _ in range(int(LOAD_S))]
    for intent, due in enumerate(due_us):
        by_second[min(due // 1_000_000, len(by_second) - 1)].append(took.get(intent, float("inf")))
    p99 = [sorted(all_ms)[int(len(all_ms) * 0.99)] for all_ms in by_second]
    first_bad = next((s for s, ms in enumerate(p99) if s >= WARM_UP_S and ms > LIMIT_MS), len(p99))
    return Capacity(
        scenario=SCENARIO,
        carried_per_s=float(len(by_second[max(0, first_bad - 1)])),
        limit_ms=LIMIT_MS,
        latency_ms_p99_by_second=tuple(min(round(ms, 1), 99_999.0) for ms in p99),
    )


def _took_ms(folder: RunFolder) -> dict[int, float]:
    """Intended start to final success, by intent, in ms."""
    first: dict[int, int] = {}
    took: dict[int, float] = {}
    for a in sorted(_attempts(folder), key=lambda attempt: attempt.attempt):
        due = first.setdefault(a.intent, a.due_us)
        if a.outcome is Outcome.OK:
            took[a.intent] = (a.due_us + a.late_us + a.took_us - due) / 1000
    return took


def _attempts(folder: RunFolder) -> list[Attempt]:
    raw = b"".join(path.read_bytes() for path in folder.all_attempts())
    return [unpack(raw[at : at + RECORD_BYTES]) for at in range(0, len(raw), RECORD_BYTES)]


def main() -> None:
    """Measure in a temporary folder."""
    with tempfile.TemporaryDirectory() as root:
        folder = RunFolder(Path(root) / "run")
        folder.create()
        print(msgspec.json.encode(measure(folder)).decode())


if __name__ == "__main__":
    main()
