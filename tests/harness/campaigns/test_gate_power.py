"""How often a gate is wrong: the real strategy on recorded runs of one build and on drawn ones.

Recorded: ten runs of `payments-paused` on this project's system (tests/support/recorded_runs.json).
Each gate draws its runs from them; another limit makes the build too slow, or nearly so.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from statistics import fmean

import pytest

from harness.campaigns.gate import Gate
from harness.campaigns.gate_decision import decide_gate
from harness.campaigns.objective_decision import Rule
from harness.campaigns.records import Outcome, Request
from harness.campaigns.spread import PastSpread
from tests.support.replayed_runs import (
    drawn,
    figure,
    invalid,
    outcome_with,
    recorded,
    replay,
    with_limit,
)

RECOVERY = "stable recovery"
GATE = Gate(experiments=("payments-paused",), rule=Rule(least=3, most=8))
RUNS = recorded("payments-paused")
MIDDLE_S = fmean(
    f.value for run in RUNS for f in run.figures if f.name == RECOVERY and f.value is not None
)


def gates(count: int, pool: tuple[Outcome, ...]) -> Counter[str]:
    """The decisions of that many gates, each with another order of the runs."""
    return Counter(decide_gate(GATE, replay(GATE, drawn(seed, pool)))[0] for seed in range(count))


def against(limit_s: float) -> tuple[Outcome, ...]:
    """The recorded runs with another limit of the recovery."""
    return tuple(with_limit(run, RECOVERY, limit_s) for run in RUNS)


def test_40_gates_of_one_build_never_fail() -> None:
    assert gates(40, RUNS) == {"PASS": 40}


def test_20_gates_with_disturbed_runs_among_them_never_fail() -> None:
    disturbed = (*RUNS, *(invalid("Other processes took 25 % of the CPU."),) * 3)
    found = gates(20, disturbed)
    assert found["FAIL"] == 0
    assert found["PASS"] > 0


def test_a_build_that_recovers_25_percent_beyond_the_limit_fails() -> None:
    assert gates(20, against(MIDDLE_S / 1.25))["FAIL"] >= 19


def test_a_build_that_recovers_10_percent_inside_the_limit_never_fails() -> None:
    assert gates(100, against(MIDDLE_S / 0.9))["FAIL"] == 0


def noisy(seed: int, factor: float, cv: float) -> str:
    """The decision on a recovery whose runs are log-normal around `factor` times the limit."""
    draw, sigma = random.Random(seed), math.sqrt(math.log1p(cv * cv))

    def outcome(request: Request) -> Outcome:
        del request
        return outcome_with(figure(10 * factor * math.exp(draw.gauss(0, sigma) - sigma**2 / 2)))

    return decide_gate(GATE, replay(GATE, outcome))[0]


@pytest.mark.parametrize("cv", [0.03, 0.06, 0.10])
def test_drawn_runs_25_percent_beyond_the_limit_fail_in_95_of_100_gates(cv: float) -> None:
    found = Counter(noisy(seed, 1.25, cv) for seed in range(200))
    assert found["FAIL"] >= 190
    assert found["PASS"] == 0


@pytest.mark.parametrize("cv", [0.03, 0.06, 0.10, 0.2])
def test_drawn_runs_10_percent_inside_the_limit_practically_never_fail(cv: float) -> None:
    found = Counter(noisy(seed, 0.9, cv) for seed in range(200))
    assert found["FAIL"] == 0


@pytest.mark.parametrize("cv", [0.05, 0.15])
def test_at_the_limit_itself_a_wrong_answer_is_at_most_as_frequent_as_promised(cv: float) -> None:
    found = Counter(noisy(seed, 1.0, cv) for seed in range(200))
    assert found["FAIL"] <= 200 * 0.05 + 3 * math.sqrt(200 * 0.05)


def test_the_spread_of_earlier_campaigns_saves_repeats() -> None:
    past = PastSpread(
        experiment="payments-paused", objective="stable recovery <= 10", sd=0.08, degrees=8
    )
    rule = Rule(least=3, most=8, past={("payments-paused", past.objective): past})
    informed = Gate(experiments=("payments-paused",), rule=rule)

    def runs(gate: Gate) -> int:
        total = 0
        for seed in range(40):
            draw = random.Random(seed)
            seen = replay(gate, lambda _: outcome_with(figure(8.0 * math.exp(draw.gauss(0, 0.08)))))  # noqa: B023  # called at once
            total += len(seen)
        return total

    assert runs(informed) < 0.8 * runs(GATE)


def test_a_spread_far_above_the_earlier_one_is_not_pooled_with_it() -> None:
    past = PastSpread(
        experiment="payments-paused", objective="stable recovery <= 10", sd=0.02, degrees=8
    )
    rule = Rule(least=3, most=3, past={("payments-paused", past.objective): past})
    gate = Gate(experiments=("payments-paused",), rule=rule)
    values = iter((5.0, 6.2, 5.55))
    seen = replay(gate, lambda _: outcome_with(figure(next(values))))
    objective = gate.decide(("payments-paused", "candidate"), seen).objectives[0]
    assert not objective.pooled
    assert len(objective.modes) == 1 or "two modes" in objective.why
