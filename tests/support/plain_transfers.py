"""The ledger's rules beyond its arithmetic, transfer by transfer: an oracle."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from tests.support.reference_rows import Account, Entry


def plain_transfers(
    entries: Sequence[Entry], accounts: Sequence[Account]
) -> dict[str, tuple[str, ...]]:
    """Malformed transfers, wrong funds, accounts below zero, foreign currencies, double rows."""
    own = {account.account: account.currency for account in accounts}
    low = {entry.account for entry in entries if entry.balance_minor < 0}
    low |= {account.account for account in accounts if account.balance_minor < 0}
    rows = Counter(account.account for account in accounts)
    every = {
        "transfer_malformed": _malformed(entries),
        "wrong_funds": _wrong_funds(entries),
        "overdrawn": low - {"equity"},
        "currency_wrong": {
            e.account for e in entries if e.account in own and e.currency != own[e.account]
        },
        "account_twice": {name for name, times in rows.items() if times > 1},
    }
    return {kind: tuple(sorted(names)) for kind, names in every.items() if names}


def _malformed(entries: Sequence[Entry]) -> set[str]:
    legs: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        legs[entry.transfer_id].append(entry)
    return {name for name, pair in legs.items() if not _are_a_transfer(pair)}


def _are_a_transfer(legs: Sequence[Entry]) -> bool:
    if len(legs) != 2:
        return False
    low, high = sorted(legs, key=lambda leg: leg.amount_minor)
    alike = (low.reference, low.kind, low.currency) == (high.reference, high.kind, high.currency)
    return alike and low.amount_minor < 0 < high.amount_minor and low.account != high.account


def _wrong_funds(entries: Sequence[Entry]) -> set[str]:
    begin = min((e.entry for e in entries if e.kind != "fund"), default=None)
    funds = [e for e in entries if e.kind == "fund"]
    times = Counter(e.account for e in funds if e.amount_minor > 0)
    wrong = set()
    for leg in funds:
        late = begin is not None and leg.entry > begin
        name = leg.account
        giver = leg.amount_minor < 0 and name != "equity"
        held = name == "equity" or name.startswith("held:")
        receiver = leg.amount_minor > 0 and (held or times[name] > 1 or leg.sequence != 1)
        if late or leg.reference or giver or receiver:
            wrong.add(leg.transfer_id)
    return wrong
