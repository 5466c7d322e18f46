"""Each way in which money can be wrong is found, by name, and nothing else with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import structs

from harness.evidence.tables import store_asked
from harness.load.asked import write_asked
from harness.load.records import Outcome
from reports.verdict.judge import judge
from tests.support.plain_integrity import found_by
from tests.support.runs_builder import PREFIX, RunsBuilder, sound_run, spoil

VICTIM = 700
NAME = f"{PREFIX}-{VICTIM}"


def lose(run: RunsBuilder) -> None:
    """Acknowledged, and all its rows are gone: rebuilt books that never had it."""
    fresh = RunsBuilder(run.due_us)
    for attempt in run.attempts:
        if attempt.answer and attempt.intent != VICTIM:
            fresh.book(attempt.intent)
    run.books = fresh.books


def lose_at_bank(run: RunsBuilder) -> None:
    run.books.charges = [c for c in run.books.charges if c.reference != NAME]


def double_at_ledger(run: RunsBuilder) -> None:
    run.book(VICTIM)


def double_at_bank(run: RunsBuilder) -> None:
    run.books.charge(NAME, "p-again", 100 + VICTIM % 900)


def refuse(run: RunsBuilder) -> None:
    spoil(run, VICTIM, lambda a: a._replace(outcome=Outcome.FAIL, answer=0, status=402))


def book_a_stranger(run: RunsBuilder) -> None:
    run.books.pay(f"{PREFIX}-{VICTIM}x", "p-stranger", "payer-1", 5)


def leave_unknown(run: RunsBuilder) -> None:
    spoil(run, VICTIM, lambda a: a._replace(outcome=Outcome.INFO, answer=0, status=504))


def leave_on_hold(run: RunsBuilder) -> None:
    run.books.move("again:hold", NAME, ("payer-1", "held:payer-1"), 7, "hold")


def answer_twice(run: RunsBuilder) -> None:
    run.attempt(VICTIM, answer=12345, after_ms=40, number=2)


def answer_unlike_the_store(run: RunsBuilder) -> None:
    spoil(run, VICTIM, lambda a: a._replace(answer=12345))


def charge_another_amount(run: RunsBuilder) -> None:
    run.books.charges = [
        structs.replace(c, amount_minor=c.amount_minor + 1) if c.reference == NAME else c
        for c in run.books.charges
    ]


@pytest.mark.parametrize(
    ("change", "code", "name"),
    [
        (lose, "lost", NAME),
        (lose_at_bank, "lost", NAME),
        (double_at_ledger, "doubled", NAME),
        (double_at_bank, "doubled", NAME),
        (refuse, "ghost", NAME),
        (book_a_stranger, "unknown_key", f"{NAME}x"),
        (leave_unknown, "stuck", NAME),
        (leave_on_hold, "left_on_hold", NAME),
        (answer_twice, "answers_differ", NAME),
        (answer_unlike_the_store, "answers_differ", NAME),
        (charge_another_amount, "amounts_differ", NAME),
    ],
)
def test_each_class_is_found_by_the_name_of_its_payment(
    change: Callable[[RunsBuilder], None], code: str, name: str, tmp_path: Path
) -> None:
    run = sound_run()
    change(run)
    card = judge(run.write(tmp_path / "run"))
    assert card.verdict == "FAIL"
    told = {reason.code: reason.text for reason in card.reasons}
    assert f": {name}." in told[code]
    assert found_by(card)[code] == (name,)


def last_entry(run: RunsBuilder, **change: object) -> None:
    entries = run.books.entries
    entries[-1] = structs.replace(entries[-1], **change)


def one_leg_more(run: RunsBuilder) -> None:
    run.books.append(("odd:post", "", "fund"), "merchant-2", 5, "a" * 48)


def wrong_total(run: RunsBuilder) -> None:
    head = run.books.heads["merchant-1"]
    run.books.heads["merchant-1"] = structs.replace(head, balance_minor=head.balance_minor + 1)


def wrong_balance_after(run: RunsBuilder) -> None:
    last_entry(run, balance_minor=1)


def skipped_sequence(run: RunsBuilder) -> None:
    last = run.books.entries[-1]
    last_entry(run, sequence=last.sequence + 1)


def other_hash(run: RunsBuilder) -> None:
    last_entry(run, hash="f" * 48)


def link_of_one_account(run: RunsBuilder) -> None:
    """The last transfer follows from its giver's last link, but from none of its receiver's."""
    giver, receiver = run.books.entries[-2:]
    head = run.books.heads["merchant-1"]
    run.books.heads["merchant-1"] = structs.replace(head, hash="ab" * 24)
    del run.books.entries[-2:]
    run.books.move(
        giver.transfer_id,
        giver.reference,
        (giver.account, "merchant-1"),
        receiver.amount_minor,
        giver.kind,
    )
    for place, leg in ((-2, giver), (-1, receiver)):
        made = run.books.entries[place]
        run.books.entries[place] = structs.replace(leg, hash=made.hash)
        at = run.books.heads[leg.account]
        run.books.heads[leg.account] = structs.replace(
            at, hash=made.hash, sequence=leg.sequence, balance_minor=leg.balance_minor
        )


@pytest.mark.parametrize(
    ("change", "code", "name"),
    [
        (link_of_one_account, "chain_broken", "merchant-1"),
        (one_leg_more, "unbalanced", "transfer odd:post"),
        (wrong_total, "balance_wrong", "merchant-1"),
        (wrong_balance_after, "balance_wrong", "merchant-1"),
        (skipped_sequence, "sequence_gap", "merchant-1"),
        (other_hash, "chain_broken", "merchant-1"),
    ],
)
def test_books_that_do_not_hold_are_named(
    change: Callable[[RunsBuilder], None], code: str, name: str, tmp_path: Path
) -> None:
    run = sound_run()
    change(run)
    card = judge(run.write(tmp_path / "run"))
    assert card.verdict == "FAIL"
    told = {reason.code: reason.text for reason in card.reasons}
    assert name in told[code]


def test_an_unknown_answer_that_was_settled_later_is_no_violation(tmp_path: Path) -> None:
    card = judge(sound_run().write(tmp_path / "run"))
    assert card.document.intents.unknown_at_first is not None
    assert card.document.intents.unknown_at_first > 50
    assert found_by(card) == {}


def test_a_decline_after_an_unknown_answer_settles_it(tmp_path: Path) -> None:
    run = sound_run()
    lose(run)
    run.attempts = [a for a in run.attempts if a.intent != VICTIM]
    run.attempt(VICTIM, Outcome.INFO, status=504)
    run.attempt(VICTIM, Outcome.FAIL, status=402, answer=99, after_ms=50, number=2)
    assert judge(run.write(tmp_path / "run")).verdict == "PASS"


def test_a_database_that_squall_started_has_no_other_traffic(tmp_path: Path) -> None:
    run = sound_run()
    run.books.pay("0000-1", "older", "payer-1", 5)
    assert found_by(judge(run.write(tmp_path / "run"))) == {"unknown_key": ("0000-1",)}


@pytest.mark.parametrize("rows", [0, 300])
def test_what_was_asked_must_be_stored_whole(rows: int, tmp_path: Path) -> None:
    run = sound_run(rate=20)
    folder = run.write(tmp_path / "run")
    write_asked(folder.asked_rows, run, 0, map(run.key, range(rows)))
    store_asked(folder)
    folder.seal()
    card = judge(folder)
    assert card.verdict == "INVALID"
    told = f"asked.parquet has {rows} rows for {len(run.due_us)} intents"
    assert told in card.reasons[0].text


def test_what_was_asked_must_stand_under_its_own_key(tmp_path: Path) -> None:
    run = sound_run(rate=20)
    run.asked[17] = run.asks(17)._replace(key=run.key(18))
    run.asked[18] = run.asks(18)._replace(key=run.key(17))
    card = judge(run.write(tmp_path / "run"))
    assert card.verdict == "INVALID"
    assert "row 17 does not have that intent's key" in card.reasons[0].text


def test_a_violation_is_proven_by_the_records_behind_it(tmp_path: Path) -> None:
    run = sound_run(rate=40)
    charge_another_amount(run)
    (violation,) = judge(run.write(tmp_path / "run")).document.checks["payments"].violations
    assert "asked: payer-0 -> merchant-1 800 EUR" in violation.proof
    assert "bank: charged 801 EUR" in violation.proof
    assert "post merchant-1 800 EUR" in violation.proof
