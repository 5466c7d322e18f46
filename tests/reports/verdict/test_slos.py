"""A run judged by SLO documents: they stand beside the objectives of the experiment."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.slo.documents import PRESETS
from reports.render.closing import closing_lines
from reports.render.page import render
from reports.verdict.judge import judge
from reports.verdict.scorecard import Scorecard
from tests.support.runs_builder import RunsBuilder, sound_run, spoil

PAYMENTS = (PRESETS / "payments.yaml").read_text()
ALONE = PAYMENTS.partition("---\n")[0]


def judged(run: RunsBuilder, folder: Path, *slos: str) -> Scorecard:
    run.slos = slos
    return judge(run.write(folder / "run"))


def verdicts(card: Scorecard) -> dict[str, str]:
    return {one.name: one.verdict for one in card.document.objectives if ": " in one.name}


def test_a_short_outage_is_within_what_the_recovery_may_cost(tmp_path: Path) -> None:
    card = judged(sound_run(), tmp_path, PAYMENTS)
    assert card.verdict == "PASS", card.document.reasons
    assert verdicts(card) == {
        "payments-availability: paid within 300 ms": "pass",
        "payments-recovery: recovery": "pass",
        "payments-recovery: lost seconds": "pass",
        "payments-recovery: error budget": "pass",
    }


def test_the_same_outage_breaks_an_slo_that_allows_no_recovery(tmp_path: Path) -> None:
    card = judged(sound_run(), tmp_path, ALONE)
    assert card.verdict == "FAIL"
    assert "payments-availability: paid within 300 ms" in card.document.reasons[0].text.lower()


def test_what_the_documents_say_stands_in_every_rendering(tmp_path: Path) -> None:
    card = judged(sound_run(), tmp_path, PAYMENTS)
    for told in (render(card), closing_lines(card, "report.html")):
        assert "payments-recovery: lost seconds" in str(told)


def test_arrivals_that_never_started_are_bad(tmp_path: Path) -> None:
    run = sound_run(outage_s=0)
    gone = {run.at(15) + n for n in range(40)}
    run.attempts = [attempt for attempt in run.attempts if attempt.intent not in gone]
    card = judged(run, tmp_path, ALONE)
    (slo,) = (one for one in card.document.objectives if ": " in one.name)
    assert (slo.verdict, slo.value) != ("pass", 1.0)


def test_a_request_name_that_the_scenario_does_not_make_is_never_a_pass(tmp_path: Path) -> None:
    other = ALONE.replace("spec: {}", 'spec: {name: "GET /x"}')
    other = other.replace("spec: {ok", 'spec: {name: "GET /x", ok')
    card = judged(sound_run(outage_s=0), tmp_path, other)
    assert verdicts(card) == {
        "payments-availability: paid within 300 ms": "missing",
        "payments-availability: paid within 300 ms, while the fault was on": "missing",
    }
    assert card.verdict == "FAIL"


@pytest.mark.parametrize("damage", ["{", "apiVersion: openslo/v1\nkind: SLO\n"])
def test_a_document_that_cannot_be_read_makes_the_run_invalid(damage: str, tmp_path: Path) -> None:
    assert judged(sound_run(), tmp_path, damage).verdict == "INVALID"


def test_a_slow_payment_is_judged_by_the_limit_of_the_document(tmp_path: Path) -> None:
    run = sound_run(outage_s=0)
    for number in range(60):
        spoil(run, run.at(12) + number, lambda a: a._replace(took_us=400_000))
    strict = judged(run, tmp_path, ALONE)
    run.slos = (ALONE.replace("lte: 300", "lte: 500"),)
    loose = judge(run.write(tmp_path / "loose"))
    assert set(verdicts(strict).values()) == {"fail"}
    assert set(verdicts(loose).values()) == {"pass"}
