"""Four built runs whose pages are pictured: PASS, FAIL by money, FAIL by recovery, INVALID."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from harness.host.cpu import Slice
from harness.load.records import Outcome
from harness.load.traffic import US_PER_S
from tests.support.runs_builder import F0_S, F1_S, LOAD_S, RunsBuilder, sound_run

DOUBLED = 66


def passed() -> RunsBuilder:
    """Payers ask twice for a second and a half."""
    return sound_run(rate=200)


def failed_by_money() -> RunsBuilder:
    """Nobody feels anything, and 66 payments are booked and charged twice."""
    run = sound_run(outage_s=0, rate=200)
    first = run.at(F0_S)
    for intent in range(first, first + 2 * DOUBLED, 2):
        it = run.asks(intent)
        run.books.pay(it.key, f"again{intent}", it.payer, it.amount_minor)
    return run


def failed_by_recovery() -> RunsBuilder:
    """Four of five payments are refused until the load ends; breakers open again and again."""
    sound = sound_run(outage_s=0, rate=200)
    run = RunsBuilder(sound.due_us, events=sound.events)
    for intent, due_us in enumerate(run.due_us):
        if due_us < F0_S * US_PER_S or intent % 5 == 0:
            run.pays(intent, took_ms=15 + intent % 10)
        else:
            status = 503 if intent % 3 else 429
            run.attempt(intent, Outcome.FAIL, status=status, took_ms=4)
            run.attempt(intent, Outcome.FAIL, status=status, took_ms=6, after_ms=250, number=2)
    run.events = [event for event in run.events if event.kind != "breaker"]
    at_s = F0_S + 0.4
    while at_s < LOAD_S - 2:
        for owner in ("payments-1", "payments-2"):
            names = ("payments>ledger", owner)
            run.tell(at_s, "service", "breaker", names, after="open", why="5 of 10 calls failed")
            run.tell_state(at_s + 1.6, "breaker", names, "half_open")
        at_s += 1.7
    for at_s, state in ((F0_S + 0.3, "unhealthy"), (F1_S + 0.3, "healthy")):
        names = ("payments>ledger", "ledger-1")
        run.tell(at_s, "service", "health", names, state=state, by="mesh", why="check_network")
    return run


def invalid() -> RunsBuilder:
    """Others took the CPU while the fault was on."""
    run = sound_run(rate=200)
    run.machine = [_starved(one) if F0_S <= one.begin_s < F1_S + 3 else one for one in run.machine]
    return run


def _starved(one: Slice) -> Slice:
    """A second in which others took a third of a full CPU."""
    takers = {"compiler": 0.3, "backup": 0.05}
    return msgspec.structs.replace(one, busy=1.0, foreign=0.35, takers=takers)


RUNS: dict[str, Callable[[], RunsBuilder]] = {
    "pass": passed,
    "fail-money": failed_by_money,
    "fail-recovery": failed_by_recovery,
    "invalid": invalid,
}
