"""Check `double_entry`: transfers and currencies sum to zero, balances are the sums of entries."""

from __future__ import annotations

from typing import Final

from harness.evidence.declared import AccountsSettings, DoubleEntrySettings
from harness.evidence.schema import quoted, quoted_name
from reports.checks.base import Needs, Violation, ViolationClass
from reports.checks.run_records import RunRecords
from reports.measures.cohorts import Block

TRANSFER_OPEN: Final = ViolationClass(
    name="transfer_open",
    label="transfers that do not sum to zero",
    one="transfer does not sum to zero",
    many="transfers do not sum to zero",
)
CURRENCY_OPEN: Final = ViolationClass(
    name="currency_open",
    label="currencies that do not sum to zero",
    one="currency does not sum to zero over all entries",
    many="currencies do not sum to zero over all entries",
)
BALANCE_DIFFERS: Final = ViolationClass(
    name="balance_differs",
    label="balances unlike their entries",
    one="account has a balance that is not the sum of its entries",
    many="accounts have a balance that is not the sum of their entries",
)
BELOW_LIMIT: Final = ViolationClass(
    name="below_limit",
    label="accounts below their limit",
    one="account is below its limit",
    many="accounts are below their limit",
)
CLASSES: Final = (TRANSFER_OPEN, CURRENCY_OPEN, BALANCE_DIFFERS, BELOW_LIMIT)
_MOST_ROWS: Final = 6
_EXACT: Final = "decimal(38, 9)"  # holds every integer and decimal column without rounding


class DoubleEntryCheck:
    """Sums the entries by transfer, by currency and by account."""

    def __init__(self, name: str, settings: DoubleEntrySettings, records: RunRecords) -> None:
        self.name, self.classes, self.joins = name, CLASSES, ()
        self.needs = needs_of(settings)
        self._it, self._records = settings, records

    def add(self, block: Block) -> None:
        """Intents say nothing of the books."""

    def result(self) -> tuple[Violation, ...]:
        """By the names of transfers, currencies and accounts."""
        it = self._it
        queries = {
            TRANSFER_OPEN: (_open_transfers(it), it.transfer),
            CURRENCY_OPEN: (_open_currencies(it), ""),
        }
        if it.accounts is not None:
            queries[BALANCE_DIFFERS] = (_wrong_balances(it, it.accounts), it.account)
            if it.accounts.lowest is not None:
                queries[BELOW_LIMIT] = (_below_limit(it.accounts), it.account)
        found = []
        for kind, (query, column) in queries.items():
            names = tuple(self._records.evidence.ask(query)["name"].tolist())
            if names:
                found.append(Violation(kind=kind, names=names, proof=self._proof(column, names[0])))
        return tuple(found)

    def _proof(self, column: str, name: str) -> str:
        """The first entries under that name."""
        if not column:
            return ""
        it = self._it
        amount = _text(it.amount)
        currency = f" || ' ' || {_text(it.currency)}" if it.currency else ""
        query = f"""
            select {_text(it.account)} || ' ' || {amount}{currency} as what from {it.table}
            where {_text(column)} = $name order by row"""  # noqa: S608  # declared names
        bare = name.rsplit(" ", 1)[0] if it.currency else name
        rows = self._records.evidence.ask(query, name=bare)["what"].tolist()
        more = f" and {len(rows) - _MOST_ROWS:,} more" if len(rows) > _MOST_ROWS else ""
        return f"{it.table}: {', '.join(rows[:_MOST_ROWS]) or 'nothing'}{more}"


def needs_of(it: DoubleEntrySettings) -> Needs:
    """The tables and columns that a check with these settings reads."""
    columns = tuple(c for c in (it.transfer, it.account, it.amount, it.currency) if c)
    if it.accounts is None:
        return {it.table: columns}
    held = it.accounts
    of_accounts = tuple(c for c in (held.account, held.balance, held.currency) if c)
    return {it.table: columns, held.table: of_accounts}


def _text(column: str | None) -> str:
    return "''" if column is None else f"coalesce({quoted_name(column)}::varchar, 'null')"


def _named(column: str, currency: str | None) -> str:
    """A name, followed by the currency where there is one."""
    return f"{_text(column)} || ' ' || {_text(currency)}" if currency else _text(column)


def _sum(column: str) -> str:
    """The exact sum of whole numbers and of decimals; a null counts as nothing."""
    return f"coalesce(sum({quoted_name(column)}::{_EXACT}), 0)"


def _lacks(column: str) -> str:
    """Whether the value is missing in some row of a group."""
    return f"bool_or({quoted_name(column)} is null)"


def _open_transfers(it: DoubleEntrySettings) -> str:
    """Each transfer in each of its currencies; an entry without a transfer or amount is open."""
    return f"""
        select {_named(it.transfer, it.currency)} as name from {it.table} group by name
        having {_sum(it.amount)} <> 0 or {_lacks(it.amount)} or {_lacks(it.transfer)}
        order by name"""  # noqa: S608  # declared names


def _open_currencies(it: DoubleEntrySettings) -> str:
    return f"""
        select {_text(it.currency) if it.currency else "'all entries'"} as name from {it.table}
        group by name having {_sum(it.amount)} <> 0 order by name"""  # noqa: S608  # declared names


def _wrong_balances(it: DoubleEntrySettings, held: AccountsSettings) -> str:
    """An account without entries has the balance 0; entries without an account are an error."""
    by = it.currency if held.currency else None
    return f"""
        with entries as (
            select {_named(it.account, by)} as name, {_sum(it.amount)} as total
            from {it.table} group by name),
        accounts as (
            select {_named(held.account, held.currency)} as name, count(*) as times,
                   {_sum(held.balance)} as balance, {_lacks(held.balance)} as unknown
            from {held.table} group by name)
        select coalesce(e.name, a.name) as name from entries e full join accounts a using (name)
        where coalesce(e.total, 0) <> coalesce(a.balance, 0)
           or coalesce(a.times, 0) > 1 or coalesce(a.unknown, false)
        order by name"""  # noqa: S608  # declared names


def _below_limit(held: AccountsSettings) -> str:
    unlimited = ", ".join(map(quoted, held.unlimited))
    but = f"and {_text(held.account)} not in ({unlimited})" if unlimited else ""
    return f"""
        select distinct {_named(held.account, held.currency)} as name from {held.table}
        where {quoted_name(held.balance)} < {held.lowest} {but} order by name"""  # noqa: S608  # declared names
