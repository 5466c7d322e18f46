"""Do the ledger's books hold by themselves: sums, balances, sequences and the hash chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from reports.cohorts import Flags
from reports.evidence import ACCOUNTS, Column, Evidence
from reports.schedule import Ints

FIRST_HASH: Final = "0" * 64
_LEGS: Final = """
select number, sequence, amount_minor, balance_minor, mark, prev_mark, sound
from ledger_entries join (select account, row_number() over (order by account) - 1 as number
                          from (select distinct account from ledger_entries)) using (account)
order by number, sequence, entry"""
_NAMES: Final = "select distinct account from ledger_entries order by account"
_TRANSFERS: Final = """
select distinct transfer_id as name
from (select transfer_id, currency, sum(amount_minor) as total from ledger_entries group by all)
where total <> 0"""
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
    """All entries, account after account, each in the order of its sequence."""

    names: list[str]
    begin: Ints
    at: dict[str, Column]

    @classmethod
    def of(cls, evidence: Evidence) -> _Legs:
        at = evidence.ask(_LEGS)
        names = evidence.ask(_NAMES)["account"].tolist()
        begin = np.searchsorted(at["number"], np.arange(len(names) + 1))
        return cls(names=names, begin=begin, at=at)

    @property
    def first(self) -> Flags:
        """The first leg of each account."""
        found = np.zeros(len(self.at["sequence"]), dtype=np.bool_)
        found[self.begin[:-1]] = True
        return found

    def before(self, column: str, first: object) -> Column:
        """What the leg before had in that column; `first` for the first of an account."""
        values = np.roll(self.at[column], 1)
        values[self.first] = first
        return values

    def accounts(self, wrong: Flags) -> set[str]:
        """The names of the accounts with a leg that is wrong."""
        return {self.names[number] for number in np.unique(self.at["number"][wrong]).tolist()}

    def totals(self) -> dict[str, int]:
        """The sum of each account's legs."""
        return self._by_name(np.add.reduceat(self.at["amount_minor"], self.begin[:-1]))

    def last(self, column: str) -> dict[str, int]:
        """What each account's last leg has in that column."""
        return self._by_name(self.at[column][self.begin[1:] - 1])

    def _by_name(self, values: Column) -> dict[str, int]:
        return dict(zip(self.names, values.tolist(), strict=True))


def check_books(evidence: Evidence) -> Books:
    """Check every entry, and every account against its entries when accounts are there."""
    legs = _Legs.of(evidence)
    balance = legs.at["balance_minor"] - legs.at["amount_minor"]
    place = np.arange(len(balance)) - legs.begin[legs.at["number"]]
    (zeros,) = evidence.ask("select hash($first) as mark", first=FIRST_HASH)["mark"]
    broken = ~legs.at["sound"] | (legs.at["prev_mark"] != legs.before("mark", zeros))
    wrong_balances = legs.accounts(balance != legs.before("balance_minor", 0))
    broken_chains = legs.accounts(broken)
    if ACCOUNTS in evidence.found:
        wrong_totals, wrong_heads = _check_accounts(legs, evidence)
        wrong_balances |= wrong_totals
        broken_chains |= wrong_heads
    return Books(
        unbalanced=_unbalanced(evidence),
        wrong_balances=tuple(sorted(wrong_balances)),
        gaps=tuple(sorted(legs.accounts(legs.at["sequence"] != place + 1))),
        broken_chains=tuple(sorted(broken_chains)),
    )


def _unbalanced(evidence: Evidence) -> tuple[str, ...]:
    currencies = (f"currency {name}" for name in evidence.ask(_CURRENCIES)["name"])
    transfers = (f"transfer {name}" for name in evidence.ask(_TRANSFERS)["name"])
    return tuple(sorted((*currencies, *transfers)))


def _check_accounts(legs: _Legs, evidence: Evidence) -> tuple[set[str], set[str]]:
    """Accounts whose balance is not the sum of their entries, and whose head is not their last."""
    rows = evidence.ask("select account, balance_minor, sequence, mark from ledger_accounts")
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
