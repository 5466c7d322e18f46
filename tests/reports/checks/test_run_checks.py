"""A check that could not be made is never a pass: it raised, or its records are not there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.evidence.declared import CheckSpec
from reports.checks.base import Checker, Violation
from reports.checks.payments.records import PaymentRecords
from reports.checks.payments.responses import ResponsesCheck
from reports.checks.registry import CheckKind, kinds
from reports.checks.run_records import RunRecords
from reports.measures import aggregations
from reports.measures.cohorts import Block
from reports.render.closing import closing_lines
from reports.render.page import render
from reports.render.words import headline, records_line
from reports.verdict.judge import judge
from tests.support.runs_books import Books
from tests.support.runs_builder import RunsBuilder, sound_run

SOURCES = "evidence: [ledger_entries, ledger_accounts, bank_charges, payments]"
ALL = ("ledger_entries", "ledger_accounts", "bank_charges", "payments")


class RaisesAtTheEnd(ResponsesCheck):
    def result(self) -> tuple[Violation, ...]:
        return (1 / 0,)  # type: ignore[return-value]  # it raises


class RaisesAtABlock(ResponsesCheck):
    def add(self, block: Block) -> None:
        raise KeyError(block.cohorts.first)


@pytest.mark.parametrize("broken", [RaisesAtTheEnd, RaisesAtABlock])
def test_a_check_that_raises_makes_the_run_invalid(
    broken: type[ResponsesCheck], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def with_a_broken_one(specs: tuple[CheckSpec, ...], folder: Path) -> tuple[CheckKind, ...]:
        def make(it: RunRecords) -> Checker:
            return broken(PaymentRecords(it.evidence, it.prefix, it.size))

        every = kinds(specs, folder)
        return tuple(replace(k, make=make) if k.name == "responses" else k for k in every)

    run = sound_run(rate=20)
    run.book(17)  # other checks still find their violations
    monkeypatch.setattr(aggregations, "kinds", with_a_broken_one)
    card = judge(run.write(tmp_path / "run"))
    assert card.verdict == "INVALID"
    assert card.reasons[0].code == "check_crashed"
    assert "The check responses was not made: the check raised" in card.reasons[0].text
    assert card.document.checks["responses"].verdict == "not_checked"
    assert card.document.checks["payments"].verdict == "fail"


def asks_only_for(run: RunsBuilder, *names: str) -> RunsBuilder:
    run.experiment = run.experiment.replace(SOURCES, f"evidence: [{', '.join(names)}]")
    return run


@pytest.mark.parametrize("left_out", ALL)
def test_evidence_that_was_not_asked_for_is_not_checked(left_out: str, tmp_path: Path) -> None:
    run = asks_only_for(sound_run(rate=20), *(name for name in ALL if name != left_out))
    card = judge(run.write(tmp_path / "run"))
    assert (card.verdict, card.reasons[0].code) == ("INVALID", "evidence_missing")
    assert f"The experiment does not ask for {left_out}, so not checked:" in card.reasons[0].text
    unchecked = [name for name, it in card.document.checks.items() if it.verdict == "not_checked"]
    assert unchecked
    for text in (records_line(card.document), "\n".join(closing_lines(card, "r")), render(card)):
        assert "not judged" in text  # an INVALID run judges no check at all
        assert "0 doubled" not in text
        assert "every record is right" not in text


def test_without_what_was_asked_no_payment_is_checked(tmp_path: Path) -> None:
    folder = sound_run(rate=20).write(tmp_path / "run")
    folder.asked.unlink()
    folder.seal()
    card = judge(folder)
    assert (card.verdict, card.reasons[0].code) == ("INVALID", "evidence_missing")
    assert "load/asked.parquet" in card.reasons[0].text
    assert card.document.checks["payments"].verdict == "not_checked"
    assert card.document.checks["ledger"].verdict == "pass"


def test_without_any_table_availability_passes_and_the_records_are_not_checked(
    tmp_path: Path,
) -> None:
    card = judge(asks_only_for(sound_run()).write(tmp_path / "run"))
    assert (card.verdict, card.document.records) == ("PASS", "not checked")
    assert headline(card).endswith("; records: not checked.")
    assert closing_lines(card, "r")[0] == f"PASS  {headline(card)}"
    assert all(check.verdict == "not_checked" for check in card.document.checks.values())


def test_answers_without_a_digest_are_not_compared_and_contradict_nothing(tmp_path: Path) -> None:
    """As an ordinary Locust task records them."""
    run = sound_run()
    run.attempts = [attempt._replace(answer=0) for attempt in run.attempts]
    card = judge(run.write(tmp_path / "run"))
    assert (card.verdict, card.document.records) == ("PASS", "partly checked")
    assert headline(card).endswith("; records: partly checked, not responses.")
    assert "no digest" in card.document.checks["responses"].why


def test_intents_that_claim_no_effect_claim_nothing_about_records(tmp_path: Path) -> None:
    """Two GETs answered 200 are not a payment."""
    run = sound_run()
    run.attempts = [attempt._replace(answer=0, effect=False) for attempt in run.attempts]
    run.books = Books()
    run.books.pay("another", "p1", "payer-1", 100)
    card = judge(run.write(tmp_path / "run"))
    assert (card.verdict, card.document.records) == ("PASS", "partly checked")
    assert card.document.checks["payments"].why == "no intent of the run claims an effect"
    assert card.document.checks["ledger"].verdict == "pass"


def test_keys_that_no_table_has_make_the_run_invalid_and_nothing_is_called_lost(
    tmp_path: Path,
) -> None:
    run = sound_run(rate=20)
    sent = run.books
    run.books = Books()
    for payment in sent.payments:  # the system books all of them, under keys of its own
        run.books.pay(f"own-{payment.payment_id}", payment.payment_id, payment.payer, 100)
    card = judge(run.write(tmp_path / "run"))
    assert (card.verdict, card.reasons[0].code) == ("INVALID", "keys_not_joined")
    assert "no key of theirs is in" in card.reasons[0].text
    assert card.document.checks["payments"].violations == ()
    assert card.document.checks["ledger"].verdict == "pass"


def test_without_some_of_the_evidence_no_check_claims_anything(tmp_path: Path) -> None:
    card = judge(asks_only_for(sound_run(rate=20), "payments").write(tmp_path / "run"))
    verdicts = {name: check.verdict for name, check in card.document.checks.items()}
    assert verdicts.pop("responses") == "pass"
    assert set(verdicts.values()) == {"not_checked"}
    assert all(check.violations == () for check in card.document.checks.values())
