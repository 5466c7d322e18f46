"""Recorded outcomes that a campaign replays instead of making runs."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from harness.campaigns.records import Attempt, Figure, Outcome, Request, Why
from harness.campaigns.strategy import Strategy

RECORDED: Final = Path(__file__).parent / "recorded_runs.json"


def figure(value: float | None, limit: float = 10.0, *, name: str = "stable recovery") -> Figure:
    return Figure(
        name=name, metric="stable_recovery_s", must="<=", limit=limit, unit="s", value=value
    )


def outcome_with(*figures: Figure) -> Outcome:
    """As the judge would say it of one run."""
    missed = any(f.value is None or f.value > f.limit for f in figures)
    return Outcome(verdict="FAIL" if missed else "PASS", figures=figures)


def invalid(text: str = "Other processes took the CPU.") -> Outcome:
    return Outcome(verdict="INVALID", why=(Why(code="machine_shared", text=text),))


def broken_records() -> Outcome:
    why = Why(code="doubled", text="1 payment was charged twice.")
    return Outcome(verdict="FAIL", why=(why,), violations=(why,))


def replay(
    strategy: Strategy, outcome: Callable[[Request], Outcome | None], took_s: float = 60.0
) -> list[Attempt]:
    """Every attempt that the strategy asks for, each with the outcome that is given for it."""
    seen: list[Attempt] = []
    while (request := strategy.next(seen)) is not None:
        assert len(seen) < 500, "the strategy does not end"
        found = outcome(request)
        error = "" if found is not None else "the target ended in baseline"
        number = len(seen) + 1
        seen.append(
            Attempt(number=number, request=request, took_s=took_s, error=error, outcome=found)
        )
    return seen


def in_turn(*outcomes: Outcome | None) -> Callable[[Request], Outcome | None]:
    """One after the other; the last one again and again."""
    rest: Iterator[Outcome | None] = iter(outcomes)
    last = [outcomes[-1]]

    def give(request: Request) -> Outcome | None:
        del request
        return next(rest, last[0])

    return give


def recorded(name: str) -> tuple[Outcome, ...]:
    """The outcomes of real runs of one build (tests/support/recorded_runs.json)."""
    stored = json.loads(RECORDED.read_text())[name]
    return tuple(msgspec.convert(each, Outcome) for each in stored)


def drawn(seed: int, pool: tuple[Outcome, ...]) -> Callable[[Request], Outcome]:
    """Recorded runs in a random order, each with the same chance."""
    draw = random.Random(seed)

    def give(request: Request) -> Outcome:
        del request
        return draw.choice(pool)

    return give


def with_limit(outcome: Outcome, objective: str, limit: float) -> Outcome:
    """The same run judged against another limit."""
    changed = tuple(
        msgspec.structs.replace(f, limit=limit) if f.name == objective else f
        for f in outcome.figures
    )
    return outcome_with(*changed)
