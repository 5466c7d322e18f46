"""Rules of the ledger beyond its arithmetic: the form of a transfer, opening funds, limits."""

from __future__ import annotations

from typing import Final

import numpy as np

from reports.inputs.evidence_tables import Evidence

EQUITY: Final = "equity"  # opening funds come from here; no other account may be below zero
_RECEIVERS: Final = """
select hash(transfer_id) as mark from ledger_entries where amount_minor > 0"""
_MALFORMED: Final = """
select transfer_id from ledger_entries group by transfer_id
having count(*) <> 2 or count(*) filter (amount_minor > 0) <> 1
    or count(*) filter (amount_minor < 0) <> 1 or min(account) = max(account)
    or min(reference) <> max(reference) or min(kind) <> max(kind) or min(currency) <> max(currency)
order by transfer_id"""
# An account is funded by the first transfer that it takes part in, before any payment is booked.
_WRONG_FUNDS: Final = """
select distinct transfer_id from (
    select *, count(*) over (partition by account, amount_minor > 0) as times,
           (select min(entry) from ledger_entries where kind <> 'fund') as begin
    from ledger_entries where kind = 'fund')
where reference <> '' or coalesce(entry > begin, false)
    or (amount_minor < 0 and account <> $equity)
    or (amount_minor > 0 and (account = $equity or starts_with(account, 'held:') or times > 1
                              or sequence <> 1))
order by transfer_id"""
_OVERDRAWN: Final = """
select distinct account from (
    select account, balance_minor from ledger_entries
    union all select account, balance_minor from ledger_accounts)
where balance_minor < 0 and account <> $equity order by account"""
_WRONG_CURRENCY: Final = """
select distinct account from ledger_entries e join ledger_accounts a using (account)
where e.currency <> a.currency order by account"""
_TWICE: Final = """
select account from ledger_accounts group by account having count(*) > 1 order by account"""


def ids_differ(evidence: Evidence) -> bool:
    """Whether no two receiving legs share a transfer id."""
    in_order = np.sort(evidence.ask(_RECEIVERS)["mark"])
    return not (in_order[1:] == in_order[:-1]).any()


def malformed(evidence: Evidence) -> tuple[str, ...]:
    """Transfers that are not a giving and a receiving leg of two accounts, otherwise alike."""
    return _names(evidence, _MALFORMED)


def wrong_funds(evidence: Evidence) -> tuple[str, ...]:
    """Opening funds that are not: late, repeated, under a reference, from or to a wrong account."""
    return _names(evidence, _WRONG_FUNDS, equity=EQUITY)


def overdrawn(evidence: Evidence) -> tuple[str, ...]:
    """Accounts that are or ever were below zero, equity excepted."""
    return _names(evidence, _OVERDRAWN, equity=EQUITY)


def wrong_currency(evidence: Evidence) -> tuple[str, ...]:
    """Accounts with an entry of another currency than their own."""
    return _names(evidence, _WRONG_CURRENCY)


def listed_twice(evidence: Evidence) -> tuple[str, ...]:
    """Accounts with more than one row."""
    return _names(evidence, _TWICE)


def _names(evidence: Evidence, query: str, **values: object) -> tuple[str, ...]:
    (names,) = evidence.ask(query, **values).values()
    return tuple(names.tolist())
