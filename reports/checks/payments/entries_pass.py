"""One pass over all ledger entries: everything that sums can tell of them, and every hash.

A sum of marks (64-bit hashes of rows) tells whether two tables hold the same rows, whatever their
order, but not which rows differ. The checks look for names only where the sums differ.
"""

from __future__ import annotations

from typing import Final

from reports.checks.payments.links import FIRST_HASH, RULE
from reports.checks.payments.transfers import EQUITY
from reports.inputs.evidence_tables import Asked, Evidence

_ROWS_AT_ONCE: Final = 4 * 122_880  # an even number, and some row groups of the stored table
_STATE: Final = """
create or replace macro state_of(account, currency, sequence, balance, link) as
hash(hash(account, currency, sequence, balance, link))"""
_SUMS: Final = """
create or replace table entry_sums (
    reached hugeint, gone hugeint, lowest bigint, booked hugeint, legs bigint, receivers bigint,
    doubtful bigint)"""
# `sides` stands for all that both legs of a transfer have in common. A leg of an opening fund is
# no payment's, unless it is on a hold account.
_OVER_ALL: Final = """
insert into entry_sums
select coalesce(sum(state_of(account, currency, sequence, balance_minor, hash)), 0),
       coalesce(sum(state_of(account, currency, try(sequence - 1),
                             try(balance_minor - amount_minor), prev_hash)), 0),
       coalesce(min(balance_minor) filter (account <> $equity), 0),
       coalesce(sum(hash(hash(transfer_id, reference, account, kind, amount_minor, currency)))
                filter (kind <> 'fund' or starts_with(account, 'held:')), 0),
       count(*), count(*) filter (amount_minor > 0),
       count(*) filter (case when amount_minor > 0 then not coalesce(
           giver_sides = sides and try(given_minor + amount_minor) = 0
           and follows(hash, gave, prev_hash, kind, transfer_id, reference, amount_minor, currency,
                       giver, account),
           false) else false end)
from (
    select *, lag(sides) over () as giver_sides, lag(amount_minor) over () as given_minor,
           lag(prev_hash) over () as gave, lag(account) over () as giver
    from (select *, hash(transfer_id, currency, kind, reference, hash) as sides
          from ledger_entries where row between $first and $last))"""
# Each entry leads its account from one state to the next. All states that were reached, and each
# account's first, are all that were left, and each account's last, only if the entries of each
# account make one way from its first state to its last: the sequence grows by one with each step.
_STEPS: Final = """
select reached + begun = gone + ended and lowest >= 0 as whole from (
    select coalesce(sum(reached), 0) as reached, coalesce(sum(gone), 0) as gone,
           coalesce(min(lowest), 0) as lowest
    from entry_sums), (
    select coalesce(sum(state_of(account, currency, 0::bigint, 0::bigint, unhex($first))), 0)
               as begun,
           coalesce(sum(state_of(account, currency, sequence, balance_minor, hash)), 0) as ended
    from ledger_accounts)"""
_ALIKE: Final = """
select coalesce((select sum(booked) from entry_sums), 0) = (select marks from legs_due) as alike"""
_LINKS: Final = """
select coalesce(sum(doubtful) = 0 and 2 * sum(receivers) = sum(legs), true) as hold
from entry_sums"""


class EntriesPass:
    """Begins at once, aside; each question waits for the end of the pass."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        for preparation in (RULE, _STATE, _SUMS):
            evidence.ask(preparation)
        (rows,) = evidence.ask("select count(*) as rows from ledger_entries")["rows"].tolist()
        self._wait = evidence.ask_aside(
            Asked(
                query=_OVER_ALL,
                values={"first": first, "last": first + _ROWS_AT_ONCE - 1, "equity": EQUITY},
            )
            for first in range(0, rows, _ROWS_AT_ONCE)
        )

    def are_steps(self) -> bool:
        """Whether each account's entries lead step by step from nothing to what the account has.

        In the account's own currency, and never below zero.
        """
        self._wait()
        (whole,) = self._evidence.ask(_STEPS, first=FIRST_HASH)["whole"].tolist()
        return bool(whole)

    def links_hold(self) -> bool:
        """Whether each leg is one of two side by side that agree, and its link follows."""
        self._wait()
        (hold,) = self._evidence.ask(_LINKS)["hold"].tolist()
        return bool(hold)

    def are_booked(self, legs: str) -> bool:
        """Whether the legs of all payments have the sum of marks that this query returns."""
        self._evidence.ask(f"create or replace table legs_due as {legs}")
        self._wait()
        (alike,) = self._evidence.ask(_ALIKE)["alike"].tolist()
        return bool(alike)
