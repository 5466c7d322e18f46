"""The sentence about a run follows from its figures, and so does its default objective."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs

from harness.errors import ConfigError
from harness.experiment import Objective
from harness.load.records import Outcome
from reports.inputs.attempts import RECORD
from reports.inputs.stored import read_stored
from reports.measures.cohorts import block_of
from reports.measures.recovery import baseline, measure
from reports.measures.required_objectives import UNRESOLVED, objectives_of
from reports.render.closing import closing_lines
from reports.render.format import say_felt
from reports.render.stored_verdict import write
from reports.render.words import headline
from reports.verdict.judge import judge
from reports.verdict.objectives import check_metrics
from reports.verdict.scorecard import Scorecard
from tests.support.runs_builder import F0_S, LOAD_S, RunsBuilder, sound_run, spoil
from tests.support.runs_traces import F0_S as TRACE_F0_S
from tests.support.runs_traces import trace_of

Spans = tuple[tuple[float, float], ...]


@pytest.mark.parametrize(
    ("bad_spans", "strays", "said"),
    [
        ((), (), "No intent was affected"),
        ((), (3.0,), "There was no outage, but 1 of 10,020 intents were bad"),
        (((1.0, 1.46),), (), "There was 1 short dip of 0.46 s with 92 bad intents"),
        (
            ((1.0, 1.2), (15.0, 15.3)),
            (30.0,),
            "There were 2 short dips of 0.5 s in all with 100 bad intents",
        ),
        (((0.0, 2.0),), (), "Service recovered in 2.0 s"),
        (
            ((0.0, 2.0), (20.0, 20.3)),
            (),
            "Service recovered in 2.0 s, beside 1 short dip of 0.3 s with 60 bad intents",
        ),
        (((0.0, 0.45), (1.5, 1.95), (3.0, 3.45)), (), "Service recovered in 3.5 s"),
    ],
)
def test_the_sentence_says_what_was_felt(
    bad_spans: Spans, strays: tuple[float, ...], said: str
) -> None:
    due = np.arange(0, 80, 0.005)
    bad = np.zeros(len(due), dtype=np.bool_)
    for begin_s, end_s in bad_spans:
        bad |= (due >= TRACE_F0_S + begin_s) & (due < TRACE_F0_S + end_s)
    bad[np.searchsorted(due, TRACE_F0_S + np.array(strays))] = True
    trace = trace_of(due, bad, 80, 10)
    assert say_felt(measure(trace, baseline(trace))) == said


def slow(run: RunsBuilder, begin_s: float, end_s: float) -> None:
    for intent in range(run.at(begin_s), run.at(end_s)):
        spoil(run, intent, lambda a: a._replace(took_us=700_000))


def judged(run: RunsBuilder, tmp_path: Path) -> Scorecard:
    folder = run.write(tmp_path / "run")
    card = judge(folder)
    write(folder, card)
    return card


def test_a_short_dip_is_told_in_the_headline_the_verdict_and_the_page(tmp_path: Path) -> None:
    run = sound_run(outage_s=0)
    slow(run, F0_S + 2, F0_S + 2.4)
    card = judged(run, tmp_path)
    assert card.verdict == "PASS"
    assert headline(card).startswith("There was 1 short dip of 0.4")
    found = json.loads((tmp_path / "run/verdict.json").read_bytes())["recovery"]
    (dip,) = found["short_dips"]
    assert (found["episodes"], found["stable_recovery_s"]) == ([], 0)
    assert dip["begin_s"] == pytest.approx(2, abs=0.1)
    assert dip["end_s"] == pytest.approx(2.4, abs=0.1)
    assert (dip["bad"], found["bad"]) == (dip["arrivals"], dip["bad"])
    page = (tmp_path / "run/report.html").read_text()
    assert "short dip" in page
    assert f"{dip['bad']} of {dip['bad']} intents bad" in page


def test_the_verdict_lists_every_episode_with_its_resolution(tmp_path: Path) -> None:
    run = sound_run()
    card = judged(run, tmp_path)
    (episode,) = card.document.recovery.episodes or ()
    assert episode.end_s == card.document.recovery.stable_recovery_s
    assert episode.worst_bad_ratio == 1.0
    assert card.document.recovery.resolution_s == pytest.approx(0.1, abs=0.02)
    assert any("to within 0.1 s" in line for line in closing_lines(card, "report.html"))
    assert "to within 0.1 s" in (tmp_path / "run/report.html").read_text()


def flap(run: RunsBuilder) -> None:
    """Wholly down for 0.45 s of every 1.5 s after the fault; those payments are given up."""
    begin_s = F0_S + 1.0
    while begin_s < LOAD_S:
        for intent in range(run.at(begin_s), run.at(min(begin_s + 0.45, LOAD_S - 0.1))):
            give_up(run, intent)
        begin_s += 1.5


def give_up(run: RunsBuilder, intent: int) -> None:
    spoil(run, intent, lambda a: a._replace(outcome=Outcome.FAIL, answer=0, status=503))


def test_flapping_after_the_fault_never_passes(tmp_path: Path) -> None:
    run = sound_run(outage_s=0)
    flap(run)
    card = judged(run, tmp_path)
    assert card.verdict == "FAIL"
    assert "not_recovered" in [reason.code for reason in card.reasons]
    assert any("Without a final outcome: " in reason.text for reason in card.reasons)
    assert "No intent was affected" not in headline(card)
    assert (card.document.recovery.lost_s or 0) > 3


def test_payments_that_never_end_fail_a_run_whatever_its_objectives_are(tmp_path: Path) -> None:
    run = sound_run(outage_s=0)
    for intent in range(run.at(7), run.at(17), 30):
        give_up(run, intent)
    run.experiment = run.experiment[: run.experiment.index("    objectives:")] + (
        "    objectives: []\n" + run.experiment[run.experiment.index("method:") :]
    )
    card = judged(run, tmp_path)
    (result,) = card.document.objectives
    assert (result.limit, result.verdict) == (0.01, "fail")
    assert (result.value or 0) == pytest.approx(1 / 65, rel=0.5)


@pytest.mark.parametrize(("must", "limit"), [("<=", 0.5), (">=", 0.0)])
def test_an_experiment_may_tighten_the_default_objective_and_not_loosen_it(
    must: str, limit: float, tmp_path: Path
) -> None:
    terms = read_stored(sound_run().write(tmp_path / "run")).terms
    loose = Objective(name="ended", metric=UNRESOLVED, must="<=", limit=0.5)
    loose = structs.replace(loose, must=must, limit=limit)
    with pytest.raises(ConfigError, match=r"0\.01 or less"):
        check_metrics(structs.replace(terms, objectives=(loose,)))
    tight = structs.replace(terms, objectives=(structs.replace(loose, must="<=", limit=0.001),))
    check_metrics(tight)
    assert [o.limit for o in objectives_of(tight)] == [0.001]


@pytest.mark.parametrize("limit_ms", [300.0, 1e300, float("inf")])
def test_no_latency_limit_makes_a_failed_or_unanswered_payment_good(limit_ms: float) -> None:
    """One ok, one refused, one without an answer, one never started."""
    attempts = np.zeros(3, dtype=RECORD)
    attempts["intent"], attempts["took_us"] = [0, 1, 2], 20_000
    attempts["code"] = [Outcome.OK << 10, Outcome.FAIL << 10, Outcome.INFO << 10]
    block = block_of(np.zeros(4, dtype=np.int64), attempts, limit_ms)
    assert block.good.tolist() == [True, False, False, False]
    assert not block.slow.any()
