"""Each payment held against its evidence, row by row, by the definition: an oracle."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from harness.records import OUTCOME_SHIFT, Outcome, pack
from harness.rows import Account, Charge, Entry, Payment
from reports.attempts import RECORD, Records
from reports.cohorts import Cohorts, Known, fold
from reports.schedule import Ints
from reports.scorecard import Scorecard
from tests.support.plain_books import plain_books
from tests.support.runs_builder import PREFIX, RunsBuilder

Found = dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """All rows of a run; None: not there."""

    entries: tuple[Entry, ...]
    accounts: tuple[Account, ...] | None
    charges: tuple[Charge, ...] | None
    payments: tuple[Payment, ...] | None


def plain_integrity(run: RunsBuilder) -> Found:
    """What the judge must find, whatever became of the run's rows on their way into its files."""
    rows = Rows(
        entries=tuple(run.books.entries),
        accounts=tuple(run.books.accounts),
        charges=tuple(run.books.charges),
        payments=tuple(run.books.payments),
    )
    attempts = np.frombuffer(b"".join(map(pack, run.attempts)), dtype=RECORD)
    return plain_check(np.array(run.due_us, dtype=np.int64), attempts, rows, PREFIX)


def plain_check(due: Ints, attempts: Records, rows: Rows, prefix: str) -> Found:
    """The same of intents due at `due` (us), from all records and rows."""
    return _check(fold(due, attempts), attempts, rows, prefix)


@dataclass(slots=True)
class _Booked:
    """What ledger, bank and payments hold under one intent's key."""

    held: int = 0
    posted: int = 0
    voided: int = 0
    charged: int = 0
    amounts: set[tuple[int, str]] = field(default_factory=set)
    rows: list[Payment] = field(default_factory=list)

    @property
    def moved(self) -> int:
        """How often money moved for good, at the place where it moved most often."""
        return max(self.posted, self.charged)


def _check(cohorts: Cohorts, attempts: Records, evidence: Rows, prefix: str) -> Found:
    booked = _booked(evidence)
    size = len(cohorts.due_us)
    names = [f"{prefix}-{intent}" for intent in range(size)]
    known = [Known(value) for value in cohorts.known.tolist()]
    judged = [_judge(known[i], booked.get(names[i]), evidence) for i in range(size)]

    def named(class_: str) -> tuple[str, ...]:
        return tuple(names[i] for i in range(size) if class_ in judged[i])

    strangers = sorted(_strangers(booked, prefix, size))
    books = plain_books(evidence.entries, evidence.accounts)
    every = {
        "lost": named("lost"),
        "doubled": named("doubled") + tuple(k for k in strangers if booked[k].moved > 1),
        "ghost": named("ghost") + tuple(k for k in strangers if booked[k].moved == 1),
        "stuck": named("stuck"),
        "answers_differ": _answers_differ(cohorts, attempts, booked, names),
        "amounts_differ": named("amounts_differ"),
        "unbalanced": books.unbalanced,
        "balance_wrong": books.wrong_balances,
        "sequence_gap": books.gaps,
        "chain_broken": books.broken_chains,
    }
    return {name: names for name, names in every.items() if names}


def found_by(card: Scorecard) -> Found:
    """What the judge found, by class."""
    return {v.kind.name: v.names for checked in card.checks for v in checked.violations}


def _judge(known: Known, booked: _Booked | None, evidence: Rows) -> set[str]:
    """The violations of one intent; it is stuck only if nothing graver is wrong with it."""
    it = booked or _Booked()
    found: set[str] = set()
    if it.posted > 1 or it.charged > 1:
        found.add("doubled")
    if known is Known.CAPTURED and _is_lost(it, evidence):
        found.add("lost")
    if known in (Known.REFUSED, Known.UNSTARTED) and it.moved:
        found.add("ghost")
    if len(it.amounts) > 1:
        found.add("amounts_differ")
    if not found and (known is Known.UNKNOWN or _is_open(it, evidence)):
        found.add("stuck")
    return found


def _is_lost(it: _Booked, evidence: Rows) -> bool:
    missing = not it.posted
    unpaid = evidence.charges is not None and not it.charged
    unknown = evidence.payments is not None and not any(r.status == "captured" for r in it.rows)
    return missing or unpaid or unknown


def _is_open(it: _Booked, evidence: Rows) -> bool:
    """Money still on hold, taken at one place only, or a payment not decided."""
    on_hold = it.held > it.posted + it.voided
    both = evidence.charges is not None
    halfway = both and bool(it.posted) != bool(it.charged)
    return on_hold or halfway or any(row.status in ("pending", "dead_letter") for row in it.rows)


def _booked(evidence: Rows) -> dict[str, _Booked]:
    by_key: dict[str, _Booked] = defaultdict(_Booked)
    for entry in evidence.entries:
        if entry.reference:
            _book_entry(by_key[entry.reference], entry)
    for charge in evidence.charges or ():
        _book_charge(by_key[charge.reference], charge)
    for row in evidence.payments or ():
        by_key[row.key].rows.append(row)
        if row.status == "captured":
            by_key[row.key].amounts.add((row.amount_minor, row.currency))
    return dict(by_key)


def _book_entry(it: _Booked, entry: Entry) -> None:
    """Count a transfer once, by the leg that receives."""
    if entry.amount_minor <= 0:
        return
    if entry.kind == "hold":
        it.held += 1
    elif entry.kind == "void":
        it.voided += 1
    elif entry.kind == "post":
        it.posted += 1
        it.amounts.add((entry.amount_minor, entry.currency))


def _book_charge(it: _Booked, charge: Charge) -> None:
    if charge.status == "charged":
        it.charged += 1
        it.amounts.add((charge.amount_minor, charge.currency))


def _strangers(booked: dict[str, _Booked], prefix: str, size: int) -> list[str]:
    """Keys of this run that nobody scheduled. Other runs' keys may share a database; not ours."""
    ours = [key for key in booked if key.startswith(f"{prefix}-")]
    return [key for key in ours if not _is_scheduled(key.removeprefix(f"{prefix}-"), size)]


def _is_scheduled(number: str, size: int) -> bool:
    return number.isdecimal() and int(number) < size and str(int(number)) == number


def _answers_differ(
    cohorts: Cohorts, attempts: Records, booked: dict[str, _Booked], names: list[str]
) -> tuple[str, ...]:
    """Intents that were told two things, or another thing than what payments has stored."""
    wrong = set(cohorts.contradicted.nonzero()[0].tolist())
    told = (attempts["answer"] != 0) | (attempts["code"] >> OUTCOME_SHIFT & 3 == Outcome.OK)
    pairs = zip(attempts["intent"][told].tolist(), attempts["answer"][told].tolist(), strict=True)
    for intent, answer in pairs:
        it = booked.get(names[intent])
        if it and it.rows and answer not in _promises(it.rows):
            wrong.add(intent)
    return tuple(names[intent] for intent in sorted(wrong))


def _promises(rows: Iterable[Payment]) -> set[int]:
    return {
        zlib.crc32(f"{r.payment_id}|{r.status}|{r.amount_minor}|{r.currency}".encode())
        for r in rows
    }
