"""A gate repeats until it is decided, replaces what is INVALID, and passes nothing on no data."""

from __future__ import annotations

import math

import pytest

from harness.campaigns.gate import Gate
from harness.campaigns.gate_decision import decide_gate, runs_needed
from harness.campaigns.gate_document import Decision
from harness.campaigns.gate_json import attempt_lines
from harness.campaigns.objective_decision import Rule
from harness.campaigns.records import CANDIDATE, Attempt, Outcome, Request, Why
from tests.support.replayed_runs import (
    broken_records,
    figure,
    in_turn,
    invalid,
    outcome_with,
    replay,
)

KILL = Gate(experiments=("kill",), rule=Rule(least=3, most=8))


def run(value: float | None, limit: float = 10.0) -> Outcome:
    return outcome_with(figure(value, limit))


def decision(seen: list[Attempt], gate: Gate = KILL) -> Decision:
    return decide_gate(gate, seen)[0]


def test_three_repeats_far_inside_the_limit_pass() -> None:
    seen = replay(KILL, in_turn(run(2.0), run(2.2), run(1.9)))
    assert decision(seen) == "PASS"
    assert len(seen) == 3


def test_three_repeats_far_beyond_the_limit_fail() -> None:
    seen = replay(KILL, in_turn(run(31.0), run(29.0), run(30.0)))
    assert decision(seen) == "FAIL"
    assert len(seen) == 3


def test_values_around_the_limit_are_inconclusive_and_say_how_many_more_are_needed() -> None:
    values = (9.0, 11.0, 9.4, 10.9, 8.8, 10.2, 9.9, 9.6)
    seen = replay(KILL, in_turn(*map(run, values)))
    found, why, cells = decide_gate(KILL, seen)
    assert found == "INCONCLUSIVE"
    assert len(seen) == 8
    assert "not decided after 8 repeats" in why[0].text
    assert cells[0].objectives[0].decided == "undecided"


def test_more_repeats_are_named_where_they_would_decide() -> None:
    gate = Gate(experiments=("kill",), rule=Rule(least=3, most=4))
    values = (8.6, 9.6, 9.0, 9.9)
    seen = replay(gate, in_turn(*map(run, values)))
    found, why, cells = decide_gate(gate, seen)
    assert found == "INCONCLUSIVE"
    needs = runs_needed(gate, cells)
    assert needs is not None
    assert f"needs {needs} more repeat" in why[0].text


def test_the_budget_ends_a_gate_that_is_not_decided() -> None:
    gate = Gate(experiments=("kill",), rule=Rule(least=3, most=8), budget_s=250)
    seen = replay(gate, in_turn(run(9.0), run(10.5), run(9.6)), took_s=60)
    assert len(seen) == 4
    assert decision(seen, gate) == "INCONCLUSIVE"


def test_an_invalid_run_is_replaced_with_the_same_request_and_shown() -> None:
    seen = replay(KILL, in_turn(run(2.0), invalid(), run(2.1), run(1.9)))
    assert decision(seen) == "PASS"
    assert seen[1].request == seen[2].request
    assert [line.counted for line in attempt_lines(KILL, seen)] == [True, False, True, True]


def test_at_most_three_invalid_runs_are_replaced() -> None:
    three = replay(KILL, in_turn(invalid(), invalid(), invalid(), run(2.0)))
    assert decision(three) == "PASS"
    four = replay(KILL, in_turn(run(2.0), invalid()))
    assert len(four) == 5
    assert decision(four) == "INVALID"


def test_a_run_that_could_not_be_made_counts_as_invalid() -> None:
    seen = replay(KILL, in_turn(None))
    assert len(seen) == 4
    assert decision(seen) == "INVALID"


@pytest.mark.parametrize("place", [0, 1, 2])
def test_wrong_records_fail_at_once_and_are_never_confirmed_by_a_rerun(place: int) -> None:
    outcomes = [run(2.0), run(2.0), run(2.0)]
    outcomes[place] = broken_records()
    seen = replay(KILL, in_turn(*outcomes))
    found, why, _ = decide_gate(KILL, seen)
    assert found == "FAIL"
    assert len(seen) == place + 1
    assert "charged twice" in why[0].text


def test_wrong_records_outweigh_every_invalid_run() -> None:
    seen = replay(KILL, in_turn(invalid(), invalid(), invalid(), broken_records()))
    assert decision(seen) == "FAIL"


def test_a_missed_recovery_in_one_repeat_fails() -> None:
    never = Why(code="not_recovered", text="Service had not recovered.")
    bad = Outcome(verdict="FAIL", why=(never,), broken=(never,), figures=(figure(2.0),))
    assert decision(replay(KILL, in_turn(run(2.0), bad, run(2.0)))) == "FAIL"


def test_a_run_that_was_inconclusive_keeps_the_gate_from_passing() -> None:
    unsure = Outcome(
        verdict="INCONCLUSIVE",
        why=(Why(code="guard_idle", text="The inbox absorbed nothing."),),
        figures=(figure(2.0),),
    )
    seen = replay(KILL, in_turn(run(2.0), unsure, run(2.0)))
    found, why, _ = decide_gate(KILL, seen)
    assert found == "INCONCLUSIVE"
    assert "The inbox absorbed nothing." in why[0].text


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_a_value_that_is_no_number_never_passes(value: float | None) -> None:
    odd = Outcome(verdict="PASS", figures=(figure(value),))
    seen = replay(KILL, in_turn(run(2.0), odd, run(2.0)))
    assert decision(seen) != "PASS"


def test_an_objective_that_one_repeat_lacks_never_passes() -> None:
    both = outcome_with(figure(2.0), figure(1.0, name="lost seconds"))
    seen = replay(KILL, in_turn(both, run(2.0), both))
    assert decision(seen) != "PASS"


def test_runs_without_objectives_never_pass() -> None:
    seen = replay(KILL, in_turn(Outcome(verdict="PASS")))
    assert decision(seen) == "INCONCLUSIVE"


def test_no_attempts_and_no_experiments_never_pass() -> None:
    assert decision([]) == "INCONCLUSIVE"
    assert decision([], Gate(experiments=())) == "INCONCLUSIVE"


def test_a_file_that_differs_from_the_seal_makes_it_invalid() -> None:
    seen = replay(KILL, in_turn(run(2.0)))
    found, why, _ = decide_gate(KILL, seen, ["attempts.ndjson has 10 bytes, not 900"])
    assert found == "INVALID"
    assert why[0].code == "data_damaged"


def test_a_repeat_whose_run_became_invalid_later_is_not_dropped() -> None:
    """Four good repeats, of which one can no longer be read, are not three good ones."""
    seen = replay(KILL, in_turn(*[run(8.0), run(8.4), run(8.2), run(8.1)]))
    damaged = [*seen]
    damaged[1] = Attempt(number=2, request=seen[1].request, outcome=invalid("A file is missing."))
    assert decision(damaged) == "INVALID"


def test_experiments_alternate_their_order_and_each_gets_its_repeats() -> None:
    gate = Gate(experiments=("a", "b"), rule=Rule(least=3, most=8))
    seen = replay(gate, in_turn(run(2.0)))
    assert "".join(a.request.experiment for a in seen) == "abbaab"


def test_only_undecided_experiments_are_repeated_further() -> None:
    gate = Gate(experiments=("sure", "unsure"), rule=Rule(least=3, most=8))
    draws = {"unsure": iter([9.0, 10.4, 9.7, 10.3, 9.3, 10.1, 9.9, 10.0])}

    def outcome(request: Request) -> Outcome:
        return run(next(draws["unsure"]) if request.experiment == "unsure" else 2.0)

    seen = replay(gate, outcome)
    names = [a.request.experiment for a in seen]
    assert names.count("sure") == 3
    assert names.count("unsure") == 8
    assert gate.decide(("sure", CANDIDATE), seen).verdict == "PASS"


def test_two_modes_are_shown_and_the_worse_one_is_judged() -> None:
    past_values = (1.0, 12.2, 1.03, 12.0, 0.98, 1.01, 12.1, 1.02)
    seen = replay(KILL, in_turn(*map(run, past_values)))
    found, _, cells = decide_gate(KILL, seen)
    objective = cells[0].objectives[0]
    assert found == "FAIL"
    assert [len(mode) for mode in objective.modes] == [2, 2]
    assert objective.middle == pytest.approx(12.1, abs=0.1)
    assert "two modes" in objective.why


def test_a_limit_at_the_best_value_must_hold_in_every_repeat() -> None:
    assert decision(replay(KILL, in_turn(run(0.0, limit=0.0)))) == "PASS"
    once = replay(KILL, in_turn(run(0.0, 0.0), run(0.2, 0.0), run(0.0, 0.0)))
    assert decision(once) == "FAIL"
