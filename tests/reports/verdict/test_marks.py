"""A watch: a marked fault gives recovery time; without a mark, or without a sign, it is INVALID."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.verdict.judge import judge
from reports.verdict.scorecard import Scorecard
from tests.support.runs_builder import F0_S, F1_S, LOAD_S, SPANS, WARM_UP_S, RunsBuilder, sound_run

MARK = ("failover of the database", "")


def watched(outage_s: float = 1.5) -> RunsBuilder:
    """The sound run as a watch: no method, no fault of ours, and nothing observed."""
    run = sound_run(outage_s=outage_s)
    terms, _, _ = run.experiment.partition("steady-state-hypothesis:")
    run.experiment = (
        terms.replace("    hold_s: 10", "    hold_s: 10\n    watch: true") + "method: []"
    )
    run.events = []
    run.spans = (SPANS[0], ("watch", WARM_UP_S, LOAD_S), SPANS[-1])
    return run


def mark(run: RunsBuilder, begin_s: float, end_s: float | None) -> None:
    run.tell(begin_s, "mark", "start", MARK)
    if end_s is not None:
        run.tell(end_s, "mark", "end", MARK)


def judged(run: RunsBuilder, tmp_path: Path) -> Scorecard:
    run.events.sort(key=lambda event: event.mono_ns)
    return judge(run.write(tmp_path / "run"))


def codes(card: Scorecard) -> list[str]:
    return [reason.code for reason in card.reasons]


def test_a_marked_fault_with_an_effect_gives_recovery_time(tmp_path: Path) -> None:
    run = watched()
    mark(run, F0_S, F1_S)
    card = judged(run, tmp_path)
    assert (card.verdict, codes(card)) == ("PASS", ["passed"])
    assert card.document.recovery.stable_recovery_s == pytest.approx(1.5, abs=0.1)
    (fault,) = card.document.faults
    assert (fault.name, fault.target) == ("mark", "failover of the database")
    assert (fault.verified_s, fault.verified_undone_s) == (F0_S, F1_S)


@pytest.mark.parametrize(
    ("outage_s", "said"),
    [(0.0, "no effect was visible"), (1.5, "the load was degraded: set `squall mark start`")],
)
def test_a_watch_without_a_mark_is_never_green(tmp_path: Path, outage_s: float, said: str) -> None:
    card = judged(watched(outage_s), tmp_path)
    assert (card.verdict, codes(card)) == ("INVALID", ["no_fault"])
    assert said in card.reasons[0].text


def test_a_mark_that_nothing_confirms_proves_nothing(tmp_path: Path) -> None:
    run = watched(outage_s=0.0)
    mark(run, F0_S, F1_S)
    card = judged(run, tmp_path)
    assert (card.verdict, codes(card)) == ("INVALID", ["fault_not_proven"])


def test_an_instance_that_was_seen_to_die_confirms_a_mark_that_nobody_felt(tmp_path: Path) -> None:
    run = watched(outage_s=0.0)
    mark(run, F0_S, F1_S)
    run.tell_state(F0_S + 0.5, "instance", ("", "ledger-1"), "unready")
    assert judged(run, tmp_path).verdict == "PASS"


def test_an_instance_that_died_at_another_time_confirms_nothing(tmp_path: Path) -> None:
    run = watched(outage_s=0.0)
    mark(run, F0_S, F1_S)
    run.tell_state(F1_S + 5, "instance", ("", "ledger-1"), "unready")
    assert codes(judged(run, tmp_path)) == ["fault_not_proven"]


def test_a_mark_without_an_end_is_no_window(tmp_path: Path) -> None:
    run = watched()
    mark(run, F0_S, None)
    card = judged(run, tmp_path)
    assert card.verdict == "INVALID"
    assert "fault_not_undone" in codes(card)


def test_a_mark_in_an_ordinary_run_is_a_fault_that_nobody_asked_for(tmp_path: Path) -> None:
    run = sound_run()
    mark(run, F0_S, F1_S)
    assert codes(judged(run, tmp_path)) == ["fault_extra"]
