"""The records behind a violation, in one line: what a person would look up first."""

from __future__ import annotations

from typing import Final

from reports.inputs.evidence_tables import Evidence

_MOST_ROWS: Final = 6
_OF_KEY: Final = {
    "asked": """
        select payer || ' -> ' || payee as what, amount_minor, currency from asked
        where key = $name""",
    "payments": """
        select status || ' ' || payer || ' -> ' || payee as what, amount_minor, currency
        from payments where key = $name""",
    "bank": """
        select status as what, amount_minor, currency from bank_charges where reference = $name""",
    "ledger": """
        select kind || ' ' || account as what, amount_minor, currency from ledger_entries
        where reference = $name and kind <> 'fund' order by entry""",
}
_OF_TRANSFER: Final = """
select kind || ' ' || account || ' under ''' || reference || '''' as what, amount_minor, currency
from ledger_entries where transfer_id = $name order by entry"""
_OF_ACCOUNT: Final = {
    "account": """
        select 'balance' as what, balance_minor as amount_minor, currency from ledger_accounts
        where account = $name""",
    "last entries": """
        select kind || ' ''' || reference || ''' sequence ' || sequence as what, amount_minor,
               currency
        from ledger_entries where account = $name order by sequence desc, entry desc""",
}


def proof_of_key(evidence: Evidence, key: str) -> str:
    """What was asked under a key, and what each record has of it."""
    return "; ".join(
        f"{source}: {_rows(evidence, query, key)}" for source, query in _OF_KEY.items()
    )


def proof_of_answers(evidence: Evidence, key: str) -> str:
    """What is stored under a key; the answers themselves are in load/attempts-<w>.bin."""
    return f"payments: {_rows(evidence, _OF_KEY['payments'], key)}"


def proof_of_transfer(evidence: Evidence, transfer_id: str) -> str:
    """The entries of a transfer."""
    return f"entries: {_rows(evidence, _OF_TRANSFER, transfer_id)}"


def proof_of_account(evidence: Evidence, account: str) -> str:
    """The balance of an account and its last entries."""
    return "; ".join(
        f"{source}: {_rows(evidence, query, account)}" for source, query in _OF_ACCOUNT.items()
    )


def _rows(evidence: Evidence, query: str, name: str) -> str:
    rows = evidence.ask(query, name=name)
    told = [
        f"{what} {amount:,} {currency}"
        for what, amount, currency in zip(
            *(rows[column].tolist() for column in ("what", "amount_minor", "currency")),
            strict=True,
        )
    ]
    more = len(told) - _MOST_ROWS
    shown = ", ".join(told[:_MOST_ROWS]) or "nothing"
    return f"{shown} and {more:,} more" if more > 0 else shown
