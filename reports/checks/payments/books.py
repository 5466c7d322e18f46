"""Do the ledger's books hold by themselves: sums, balances, sequences and the hash chain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from reports.checks.payments.entries_pass import EntriesPass
from reports.checks.payments.links import FIRST_HASH, broken_links
from reports.inputs.evidence_tables import Column, Evidence
from reports.inputs.schedule import Ints
from reports.measures.cohorts import Flags

# `transfer` is a mark of a transfer and a currency, for comparisons only.
_LEGS: Final = """
select number::int as number, sequence, amount_minor, balance_minor, hash(hash) as mark,
       hash(prev_hash) as prev_mark,
       hash(transfer_id, currency) as transfer
from ledger_entries join account_names using (account) {order}"""
_ACCOUNT_NAMES: Final = """
create or replace table account_names as
select account, row_number() over (order by account) - 1 as number
from (select distinct account from ledger_entries)"""
_NAMES: Final = "select account from account_names order by number"
_TRANSFERS: Final = """
select distinct transfer_id as name
from ledger_entries where hash(transfer_id, currency) in (select unnest($transfers))"""
_HEADS: Final = """
select account, balance_minor, sequence, hash(hash) as mark from ledger_accounts"""
_CURRENCIES: Final = """
select currency as name from ledger_entries group by currency having sum(amount_minor) <> 0"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What is wrong with the ledger, by name: empty when it is sound."""

    unbalanced: tuple[str, ...]
    wrong_balances: tuple[str, ...]
    gaps: tuple[str, ...]
    broken_chains: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Legs:
    """All entries; `place` numbers them account after account, in the order of the sequence."""

    names: list[str]
    begin: Ints
    place: Ints
    at: dict[str, Column]

    @classmethod
    def of(cls, evidence: Evidence) -> _Legs:
        """In whatever order they come, unless a sequence is not whole: then they are sorted."""
        evidence.ask(_ACCOUNT_NAMES)
        names = evidence.ask(_NAMES)["account"].tolist()
        at = evidence.ask(_LEGS.format(order=""))
        counts = np.bincount(at["number"], minlength=len(names))
        begin = np.concatenate(([0], np.cumsum(counts)))
        place = begin[at["number"]] + at["sequence"] - 1
        if not _are_whole(at["sequence"], counts[at["number"]], place):
            at = evidence.ask(_LEGS.format(order="order by number, sequence, entry, row"))
            place = np.arange(len(place))
        return cls(names=names, begin=begin, place=place, at=at)

    def before(self, column: str, first: object) -> Column:
        """What the leg before had in that column; `first` for the first of an account."""
        by_place = self._by_place(column)
        before = np.roll(by_place, 1)
        before[self.begin[:-1]] = first
        return before[self.place]

    def accounts(self, wrong: Flags) -> set[str]:
        """The names of the accounts with a leg that is wrong."""
        return {self.names[number] for number in np.unique(self.at["number"][wrong]).tolist()}

    def totals(self) -> dict[str, int]:
        """The sum of each account's legs."""
        return self._by_name(np.add.reduceat(self._by_place("amount_minor"), self.begin[:-1]))

    def last(self, column: str) -> dict[str, int]:
        """What each account's last leg has in that column."""
        return self._by_name(self._by_place(column)[self.begin[1:] - 1])

    def _by_place(self, column: str) -> Column:
        values = np.empty_like(self.at[column])
        values[self.place] = self.at[column]
        return values

    def _by_name(self, values: Column) -> dict[str, int]:
        return dict(zip(self.names, values.tolist(), strict=True))


def _are_whole(sequence: Ints, last: Ints, place: Ints) -> bool:
    """Whether each account's sequence is 1, 2, 3 and so on, in any order."""
    if not ((sequence > 0) & (sequence <= last)).all():
        return False
    taken = np.zeros(len(place), dtype=np.bool_)
    taken[place] = True
    return bool(taken.all())  # no gap, thus nothing twice


class BooksReader:
    """Starts the pass over all entries at once; everything else waits for its end."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self.entries = EntriesPass(evidence)

    @cached_property
    def are_sound(self) -> bool:
        """Whether each account's entries lead to its balance, and each link follows: by sums."""
        return self.entries.are_steps() and self.entries.links_hold()

    @cached_property
    def books(self) -> Books:
        """Every entry, and every account against its entries."""
        if self.are_sound:
            return Books(unbalanced=(), wrong_balances=(), gaps=(), broken_chains=())
        return _in_full(self._evidence, broken_links(self._evidence))


def _in_full(evidence: Evidence, broken_chains: set[str]) -> Books:
    """What is wrong by name; the accounts whose links do not follow are known."""
    legs = _Legs.of(evidence)
    at = legs.at
    balance = at["balance_minor"] - at["amount_minor"]
    wrong_balances = legs.accounts(balance != legs.before("balance_minor", 0))
    due = legs.place - legs.begin[at["number"]] + 1
    gaps = legs.accounts(at["sequence"] != due)
    (zeros,) = evidence.ask("select hash(unhex($first)) as mark", first=FIRST_HASH)["mark"]
    broken_chains |= legs.accounts(at["prev_mark"] != legs.before("mark", zeros))
    wrong_totals, wrong_heads = _check_accounts(legs, evidence)
    wrong_balances |= wrong_totals
    broken_chains |= wrong_heads
    return Books(
        unbalanced=_unbalanced(evidence, at),
        wrong_balances=tuple(sorted(wrong_balances)),
        gaps=tuple(sorted(gaps)),
        broken_chains=tuple(sorted(broken_chains)),
    )


def _unbalanced(evidence: Evidence, at: dict[str, Column]) -> tuple[str, ...]:
    currencies = (f"currency {name}" for name in evidence.ask(_CURRENCIES)["name"])
    marks = _unequal(at["transfer"], at["amount_minor"])
    names = evidence.ask(_TRANSFERS, transfers=marks)["name"] if marks else ()
    return tuple(sorted((*currencies, *(f"transfer {name}" for name in names))))


def _unequal(transfer: Column, amount: Column) -> list[int]:
    """The marks whose amounts do not add up to nothing.

    Legs of a transfer mostly lie side by side: what adds up within such a run need not be sorted.
    """
    runs = np.flatnonzero(np.diff(transfer, prepend=~transfer[:1]))
    totals = np.add.reduceat(amount, runs) if len(runs) else amount
    open_ = totals != 0
    marks, place = np.unique(transfer[runs[open_]], return_inverse=True)
    sums = np.zeros(len(marks), dtype=np.int64)
    np.add.at(sums, place, totals[open_])
    return [int(mark) for mark in marks[sums != 0].tolist()]


def _check_accounts(legs: _Legs, evidence: Evidence) -> tuple[set[str], set[str]]:
    """Accounts whose balance is not the sum of their entries, and whose head is not their last."""
    rows = evidence.ask(_HEADS)
    told = {
        account: (balance, sequence, mark)
        for account, balance, sequence, mark in zip(
            *(rows[c].tolist() for c in ("account", "balance_minor", "sequence", "mark")),
            strict=True,
        )
    }
    totals, sequences, marks = legs.totals(), legs.last("sequence"), legs.last("mark")
    wrong_totals = {
        account
        for account in totals.keys() | told.keys()
        if account not in told or told[account][0] != totals.get(account, 0)
    }
    wrong_heads = {
        account
        for account, (_, sequence, mark) in told.items()
        if (sequence, mark) != (sequences.get(account, 0), marks.get(account, mark))
    }
    return wrong_totals, wrong_heads
