"""All checks of a run by the definitions in docs/invariants.md, row by row: an oracle."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from harness.load.records import pack
from reports.checks.base import Checked
from reports.inputs.attempts import RECORD, Records
from reports.inputs.schedule import Ints
from reports.measures.cohorts import Known, fold
from reports.verdict.scorecard import Scorecard
from tests.support.plain_books import plain_books
from tests.support.plain_payments import Found, Rows, plain_payments
from tests.support.plain_transfers import plain_transfers
from tests.support.reference_rows import Payment
from tests.support.runs_asked import Asks
from tests.support.runs_builder import RunsBuilder


def plain_integrity(run: RunsBuilder) -> Found:
    """The violations that the judge must find, in any format of the stored rows."""
    rows = Rows(
        asked=tuple(run.asks(intent) for intent in range(len(run.due_us))),
        entries=tuple(run.books.entries),
        accounts=tuple(run.books.accounts),
        charges=tuple(run.books.charges),
        payments=tuple(run.books.payments),
    )
    attempts = np.frombuffer(b"".join(map(pack, run.attempts)), dtype=RECORD)
    return plain_check(np.array(run.due_us, dtype=np.int64), attempts, rows)


def plain_check(due: Ints, attempts: Records, rows: Rows) -> Found:
    """The same of intents due at `due` (us), from all records and rows."""
    cohorts = fold(due, attempts)
    known = [Known(value) for value in cohorts.known.tolist()]
    books = plain_books(rows.entries, rows.accounts)
    contradicted = set(cohorts.contradicted.nonzero()[0].tolist())
    every = {
        **plain_payments(rows, known),
        **plain_transfers(rows.entries, rows.accounts),
        "answers_differ": _answers_differ(rows, attempts, contradicted),
        "unbalanced": books.unbalanced,
        "balance_wrong": books.wrong_balances,
        "sequence_gap": books.gaps,
        "chain_broken": books.broken_chains,
    }
    return {name: names for name, names in every.items() if names}


def found_by(card: Scorecard) -> Found:
    """What the judge found, by class."""
    return found_in(card.checks)


def found_in(checks: Sequence[Checked]) -> Found:
    """What the checks found, by class."""
    return {v.kind.name: v.names for checked in checks for v in checked.violations}


def _answers_differ(rows: Rows, attempts: Records, contradicted: set[int]) -> tuple[str, ...]:
    """Intents with two different answers, or an answer that differs from the stored payment."""
    stored: dict[str, list[Payment]] = defaultdict(list)
    for row in rows.payments:
        stored[row.key].append(row)
    wrong = set(contradicted)
    told = attempts["answer"] != 0
    pairs = zip(attempts["intent"][told].tolist(), attempts["answer"][told].tolist(), strict=True)
    for intent, answer in pairs:
        known = stored.get(_key(rows.asked, intent), [])
        if known and answer not in {digest(row) for row in known}:
            wrong.add(intent)
    return tuple(_key(rows.asked, intent) for intent in sorted(wrong))


def _key(asked: Sequence[Asks], intent: int) -> str:
    return asked[intent].key


def digest(row: Payment) -> int:
    """The answer that belongs to a stored payment."""
    text = f"{row.payment_id}|{row.status}|{row.amount_minor}|{row.currency}"
    return zlib.crc32(text.encode())
