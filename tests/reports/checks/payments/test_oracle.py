"""However a run is damaged, the quick checks find what the plain ones find, and nothing else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from msgspec import structs

from harness.load.records import Attempt, Outcome
from harness.load.traffic import Steady, arrivals_us
from reports.verdict.judge import judge
from tests.support.plain_integrity import found_by, plain_integrity
from tests.support.plain_links import plain_link
from tests.support.reference_rows import Entry
from tests.support.runs_builder import LOAD_S, PREFIX, RunsBuilder

WORDS = ("hold", "post", "void", "fund")
OUTCOMES = (Outcome.OK, Outcome.FAIL, Outcome.INFO)


def damaged_run(seed: int) -> RunsBuilder:
    """A small run with a few wounds of every kind, each at a random place."""
    draw = random.Random(seed)
    due = arrivals_us(Steady(per_s=8), LOAD_S, seed)
    run = RunsBuilder(due, form="csv" if seed % 2 else "ndjson")
    for intent in range(len(run.due_us)):
        if draw.random() < 0.3:
            run.retries(intent)
        elif draw.random() < 0.97:
            run.pays(intent)
    run.fault()
    for wound in (wound_attempts, wound_entries, wound_links, wound_accounts, wound_others):
        if draw.random() < 0.7:
            for _ in range(draw.randint(1, 3)):
                wound(run, draw)
    return run


def wound_attempts(run: RunsBuilder, draw: random.Random) -> None:
    place = draw.randrange(len(run.attempts))
    was = run.attempts[place]
    changes: tuple[Attempt, ...] = (
        was._replace(outcome=draw.choice(OUTCOMES)),
        was._replace(answer=draw.choice((0, 12345, was.answer))),
        was._replace(outcome=Outcome.FAIL, answer=0),
    )
    run.attempts[place] = draw.choice(changes)
    if draw.random() < 0.3:
        run.attempts.append(was._replace(attempt=2, answer=draw.choice((was.answer, 77))))


def wound_entries(run: RunsBuilder, draw: random.Random) -> None:
    entries = run.books.entries
    place = draw.randrange(len(entries))
    was, other = entries[place], draw.choice(entries)
    match draw.randrange(9):
        case 0:
            del entries[place]
        case 1:
            entries.append(was)
        case 2:
            entries[place] = structs.replace(was, amount_minor=was.amount_minor + 1)
        case 3:
            entries[place] = structs.replace(was, balance_minor=was.balance_minor - 1)
        case 4:
            entries[place] = structs.replace(was, sequence=draw.choice((other.sequence, -1)))
        case 5:
            entries[place] = structs.replace(was, prev_hash=other.hash)
        case 6:
            entries[place] = structs.replace(was, hash=other.hash, currency="USD")
        case 7:
            entries[place] = structs.replace(was, account=other.account)
        case _:
            kind = draw.choice(WORDS)
            reference = draw.choice((other.reference, f"{PREFIX}-07", f"{PREFIX}-9999", "0-1"))
            entries[place] = structs.replace(was, kind=kind, reference=reference)


def wound_links(run: RunsBuilder, draw: random.Random) -> None:
    entries = run.books.entries
    place = 2 * draw.randrange(len(entries) // 2)
    giver, receiver = entries[place : place + 2]
    match draw.randrange(9):
        case 0:
            entries.insert(draw.randrange(len(entries)), entries.pop(place))
        case 1:
            entries[place] = structs.replace(giver, account=receiver.account)
            entries[place + 1] = structs.replace(receiver, account=giver.account)
        case 2:
            entries[place : place + 2] = receiver, giver
        case 3:
            other = draw.choice(entries).hash
            came = draw.choice(((giver.prev_hash, other), (other, receiver.prev_hash)))
            relink(run, (giver, receiver), came)
        case 4:
            entries.extend((giver, receiver))
        case 5:
            del entries[place : place + 2]
        case 6:
            entries[place] = structs.replace(giver, amount_minor=0)
        case 7:
            draw.shuffle(entries)
        case _:
            extreme = draw.choice((-(2**63), 2**63 - 1))
            column = draw.choice(("sequence", "amount_minor", "balance_minor"))
            entries[place] = structs.replace(giver, **{column: extreme})


def relink(run: RunsBuilder, legs: tuple[Entry, Entry], came: tuple[str, str]) -> None:
    """Both legs get a link that follows from what came before one of the accounts only."""
    giver, receiver = legs
    link = plain_link(
        *came,
        receiver.kind,
        receiver.transfer_id,
        receiver.reference,
        receiver.amount_minor,
        receiver.currency,
        giver.account,
        receiver.account,
    )
    was = giver.hash
    for place, entry in enumerate(run.books.entries):
        changed = {name: link for name in ("hash", "prev_hash") if getattr(entry, name) == was}
        run.books.entries[place] = structs.replace(entry, **changed)
    for name, head in run.books.heads.items():
        if head.hash == was:
            run.books.heads[name] = structs.replace(head, hash=link)


def wound_accounts(run: RunsBuilder, draw: random.Random) -> None:
    heads = run.books.heads
    name = draw.choice(sorted(heads))
    was = heads[name]
    match draw.randrange(5):
        case 0:
            del heads[name]
        case 1:
            heads[name] = structs.replace(was, balance_minor=was.balance_minor + 1)
        case 2:
            heads[name] = structs.replace(was, sequence=was.sequence + 1)
        case 3:
            heads[name] = structs.replace(was, hash="e" * 48)
        case _:
            nobody = structs.replace(was, account="nobody", balance_minor=draw.choice((0, 3)))
            heads["nobody"] = structs.replace(nobody, sequence=draw.choice((0, 2)))


def wound_others(run: RunsBuilder, draw: random.Random) -> None:
    charges, payments = run.books.charges, run.books.payments
    place = draw.randrange(min(len(charges), len(payments)))
    charge, payment = charges[place], payments[place]
    match draw.randrange(7):
        case 0:
            del charges[place]
        case 1:
            charges.append(charge)
        case 2:
            charges[place] = structs.replace(charge, amount_minor=charge.amount_minor + 1)
        case 3:
            charges[place] = structs.replace(charge, reference=f"{PREFIX}-+1", status="charged")
        case 4:
            del payments[place]
        case 5:
            payments[place] = structs.replace(payment, status=draw.choice(("pending", "declined")))
        case _:
            payments.append(structs.replace(payment, payment_id="p-other"))


@pytest.mark.parametrize("seed", range(60))
def test_the_quick_checks_find_what_the_plain_ones_find(seed: int, tmp_path: Path) -> None:
    run = damaged_run(seed)
    assert found_by(judge(run.write(tmp_path / "run"))) == plain_integrity(run)


def test_the_wounds_show_in_every_class() -> None:
    """Else the comparison above would compare nothing with nothing."""
    seen: set[str] = set()
    for seed in range(60):
        seen |= plain_integrity(damaged_run(seed)).keys()
    wanted = {"lost", "doubled", "ghost", "stuck", "answers_differ", "amounts_differ"}
    assert seen >= wanted | {"unbalanced", "balance_wrong", "sequence_gap", "chain_broken"}
