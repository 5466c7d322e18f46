"""A stored run is judged by its files alone: conditions, damage, and the same bytes again."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from harness.load.records import Outcome
from harness.store import RunFolder
from reports.render.stored_verdict import write
from reports.verdict.judge import judge
from reports.verdict.scorecard import Scorecard
from tests.support.runs_builder import F0_S, F1_S, LOAD_S, SPANS, RunsBuilder, sound_run, spoil

SCHEMA = json.loads((Path(__file__).parents[3] / "docs/verdict.schema.json").read_text())


def codes(card: Scorecard) -> list[str]:
    return [reason.code for reason in card.reasons]


def judged(run: RunsBuilder, tmp_path: Path) -> Scorecard:
    return judge(run.write(tmp_path / "run"))


def test_a_sound_run_passes_with_every_figure(tmp_path: Path) -> None:
    folder = sound_run().write(tmp_path / "run")
    card = judge(folder)
    write(folder, card)
    assert (card.verdict, codes(card)) == ("PASS", ["passed"])
    assert [o.verdict for o in card.document.objectives] == ["pass"] * 4
    recovery = card.document.recovery
    assert recovery.stable_recovery_s == pytest.approx(1.5, abs=0.1)
    assert recovery.time_to_detect_s == pytest.approx(0.3)
    assert {check.verdict for check in card.document.checks.values()} == {"pass"}
    jsonschema.validate(json.loads(folder.verdict.read_bytes()), SCHEMA)


def test_judged_again_and_elsewhere_it_gives_the_same_bytes(tmp_path: Path) -> None:
    folder = sound_run().write(tmp_path / "run")
    write(folder, judge(folder))
    first = folder.verdict.read_bytes(), folder.report.read_bytes()
    write(folder, judge(folder))
    assert (folder.verdict.read_bytes(), folder.report.read_bytes()) == first
    moved = RunFolder(Path(shutil.move(folder.root, tmp_path / "elsewhere")))
    write(moved, judge(moved))
    assert (moved.verdict.read_bytes(), moved.report.read_bytes()) == first


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 99), workers=st.sampled_from([1, 2, 5]))
def test_order_of_records_and_worker_split_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, seed: int, workers: int
) -> None:
    plain, mixed = sound_run(), sound_run()
    random.Random(seed).shuffle(mixed.attempts)
    mixed.workers = workers
    folder = tmp_path_factory.mktemp("order")
    assert judge(mixed.write(folder / "a")).document == judge(plain.write(folder / "b")).document


def no_fault(run: RunsBuilder) -> None:
    run.events = [event for event in run.events if event.source != "fault"]


def dirty_baseline(run: RunsBuilder) -> None:
    for intent in range(run.at(2), run.at(3)):
        spoil(run, intent, lambda a: a._replace(took_us=400_000))


def frozen_generator(run: RunsBuilder) -> None:
    thaw_us = int((F0_S + 6) * 1e6)
    for intent in range(run.at(F0_S + 3), run.at(F0_S + 6)):
        spoil(run, intent, lambda a: a._replace(late_us=thaw_us - a.due_us))


def briefly_frozen_generator(run: RunsBuilder) -> None:
    """Too short to show in the p99."""
    run.due_us.sort()
    for intent in range(run.at(F0_S + 4), run.at(F0_S + 4) + 12):
        spoil(run, intent, lambda a: a._replace(late_us=1_100_000))


def missing_arrivals(run: RunsBuilder) -> None:
    """Arrivals that never started; the books are those of a run that never had them."""
    fresh = RunsBuilder(run.due_us)
    first = run.at(F1_S + 5)
    for attempt in run.attempts:
        if attempt.intent not in range(first, first + 20):
            answer = attempt.answer and fresh.book(attempt.intent)
            fresh.attempts.append(attempt._replace(answer=answer))
    run.attempts, run.books = fresh.attempts, fresh.books


def short_tail(run: RunsBuilder) -> None:
    later = int(4e9)
    run.looks(F1_S, F1_S + 4)
    run.events = [
        structs.replace(event, mono_ns=event.mono_ns + later) if "undone" in event.kind else event
        for event in run.events
    ]


def small_baseline(run: RunsBuilder) -> None:
    usual, other = "warm_up_s: 1, baseline_s: 5", "warm_up_s: 5, baseline_s: 1"
    run.experiment = run.experiment.replace(usual, other)
    run.spans = (("warm-up", 0.0, 5.0), ("baseline", 5.0, F0_S), *SPANS[2:])


def ended_early(run: RunsBuilder) -> None:
    run.ended = "early: the fault was not proven"


def two_faults_wanted(run: RunsBuilder) -> None:
    method = run.experiment[run.experiment.rindex("  - type: action") :]
    run.experiment += method.replace("name: kill", "name: kill-again")


def others_fill_the_cpu_for_five_seconds(run: RunsBuilder) -> None:
    """Too short to show in the mean."""
    for second in range(12, 17):
        full = structs.replace(run.machine[second], foreign=0.35, busy=0.97)
        run.machine[second] = structs.replace(full, takers={"cc1plus": 0.3})


def own_threads_wait_for_a_cpu(run: RunsBuilder) -> None:
    run.machine = [structs.replace(one, foreign=0.2, waited=2.4) for one in run.machine]


def the_quota_is_used_up_by_others(run: RunsBuilder) -> None:
    run.machine = [structs.replace(one, foreign=0.2, throttled=0.3) for one in run.machine]


def nobody_looked_at_the_machine(run: RunsBuilder) -> None:
    run.machine = run.machine[:8]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (others_fill_the_cpu_for_five_seconds, "machine_shared"),
        (own_threads_wait_for_a_cpu, "machine_shared"),
        (the_quota_is_used_up_by_others, "machine_shared"),
        (nobody_looked_at_the_machine, "machine_unknown"),
        (no_fault, "no_fault"),
        (two_faults_wanted, "fault_not_asked"),
        (lambda run: run.fault(but="asked"), "fault_not_asked"),
        (lambda run: run.fault(but="verified"), "fault_not_proven"),
        (lambda run: run.fault(but="undone"), "fault_not_undone"),
        (lambda run: run.fault(but="verified_undone"), "fault_not_undone"),
        (dirty_baseline, "baseline_dirty"),
        (small_baseline, "baseline_small"),
        (frozen_generator, "load_late"),
        (briefly_frozen_generator, "load_late"),
        (missing_arrivals, "load_not_delivered"),
        (short_tail, "tail_short"),
        (ended_early, "ended_early"),
    ],
)
def test_a_run_under_wrong_conditions_is_invalid_and_says_why(
    change: Callable[[RunsBuilder], None], code: str, tmp_path: Path
) -> None:
    run = sound_run()
    change(run)
    folder = run.write(tmp_path / "run")
    card = judge(folder)
    write(folder, card)
    assert (card.verdict, codes(card)) == ("INVALID", [code])
    assert all(reason.text.endswith(".") for reason in card.reasons)
    jsonschema.validate(json.loads(folder.verdict.read_bytes()), SCHEMA)


@pytest.mark.parametrize("change", [dirty_baseline, small_baseline])
def test_against_a_bad_baseline_no_recovery_is_claimed(
    change: Callable[[RunsBuilder], None], tmp_path: Path
) -> None:
    run = sound_run()
    change(run)
    card = judged(run, tmp_path)
    recovery = card.document.recovery
    assert (recovery.stable_recovery_s, recovery.recovery_after_clear_s) == (None, None)
    assert (recovery.lost_s, recovery.censored) == (None, False)
    assert recovery.time_to_detect_s == pytest.approx(0.3), "the system's own doing"
    assert [o.verdict for o in card.document.objectives] == ["missing", "pass", "pass", "pass"]


def test_the_reason_names_the_process_that_took_the_cpu(tmp_path: Path) -> None:
    run = sound_run()
    others_fill_the_cpu_for_five_seconds(run)
    assert "cc1plus" in judged(run, tmp_path).reasons[0].text


@pytest.mark.parametrize("foreign", [0.1, 0.2, 0.4])
def test_foreign_load_that_takes_nothing_from_the_run_is_a_remark(
    foreign: float, tmp_path: Path
) -> None:
    run = sound_run()
    run.machine = [structs.replace(s, foreign=foreign, takers={"ci": 1}) for s in run.machine]
    card = judged(run, tmp_path)
    assert card.verdict == "PASS"
    assert [remark.code for remark in card.document.remarks] == ["machine_shared_harmless"]
    assert f"(ci) took {foreign:.0%}" in card.document.remarks[0].text


def test_a_system_that_fills_a_quiet_machine_is_judged(tmp_path: Path) -> None:
    run = sound_run()
    run.machine = [structs.replace(one, busy=1.0, waited=4.0) for one in run.machine]
    assert judged(run, tmp_path).verdict == "PASS"


def test_a_run_that_foreign_load_ended_early_says_only_that(tmp_path: Path) -> None:
    run = sound_run()
    no_fault(run)
    run.machine = [structs.replace(one, foreign=0.6, busy=1.0) for one in run.machine]
    run.ended = "early: other processes (cc1) took 60% of the CPU"
    card = judged(run, tmp_path)
    assert (card.verdict, codes(card)) == ("INVALID", ["ended_early", "machine_shared"])


def test_what_others_do_before_and_after_is_no_matter(tmp_path: Path) -> None:
    run = sound_run()
    run.machine[0] = structs.replace(run.machine[0], foreign=0.9)
    run.machine += [structs.replace(run.machine[-1], begin_s=LOAD_S, end_s=LOAD_S + 2, foreign=0.9)]
    card = judged(run, tmp_path)
    assert card.verdict == "PASS"
    assert card.document.machine.foreign_ratio_worst == pytest.approx(0.01)


def test_a_missed_objective_fails(tmp_path: Path) -> None:
    card = judged(sound_run(outage_s=2.9), tmp_path)
    assert (card.verdict, codes(card)) == ("FAIL", ["objective_failed", "objective_failed"])
    assert card.reasons[0].text.startswith("Stable recovery: 2.9 s, must be at most 2.5 s")


def test_a_missing_value_is_never_a_pass(tmp_path: Path) -> None:
    run = sound_run()
    run.events = [event for event in run.events if event.kind != "breaker"]
    objective = '{name: noticed, metric: time_to_detect_s, must: "<=", limit: 99}'
    run.experiment = run.experiment.replace("objectives:", f"objectives:\n      - {objective}")
    card = judged(run, tmp_path)
    assert (card.verdict, codes(card)) == ("FAIL", ["objective_missing"])
    assert card.document.objectives[0].value is None


def test_what_never_came_back_fails_as_a_lower_bound(tmp_path: Path) -> None:
    run = sound_run(outage_s=LOAD_S - F0_S - 5)
    run.experiment = run.experiment.replace("limit: 2.5", "limit: 999")
    card = judged(run, tmp_path)
    assert card.verdict == "FAIL"
    assert "not_recovered" in codes(card)
    assert card.document.recovery.censored
    assert card.document.objectives[0].verdict == "fail"
    assert any(">= 16.0 s" in reason.text for reason in card.reasons)


def test_money_that_is_wrong_is_a_failure_under_any_load(tmp_path: Path) -> None:
    run = sound_run()
    frozen_generator(run)
    run.book(run.at(3))
    card = judged(run, tmp_path)
    assert card.verdict == "FAIL"
    assert codes(card)[0] == "doubled"
    assert "load_late" in codes(card)


def test_wrong_money_proves_nothing_when_data_are_missing(tmp_path: Path) -> None:
    run = sound_run()
    run.book(run.at(3))
    folder = run.write(tmp_path / "run")
    folder.evidence("payments").unlink()
    folder.seal()
    assert judge(folder).verdict == "INVALID"


def test_an_unanswered_payment_does_not_outweigh_a_bad_load(tmp_path: Path) -> None:
    run = sound_run()
    frozen_generator(run)
    intent = run.at(15)
    spoil(run, intent, lambda a: a._replace(outcome=Outcome.INFO, answer=0))
    assert judged(run, tmp_path).verdict == "INVALID"


def test_a_payment_in_flight_at_an_early_stop_is_not_a_finding(tmp_path: Path) -> None:
    """It is booked although it has not been attempted."""
    run = sound_run()
    run.ended = "early: other processes took 60% of the CPU"
    last = max(attempt.intent for attempt in run.attempts)
    run.attempts = [attempt for attempt in run.attempts if attempt.intent != last]
    card = judged(run, tmp_path)
    assert (card.verdict, codes(card)[0]) == ("INVALID", "ended_early")
    assert card.document.checks["payments"].violations == ()
