"""The books checked entry by entry, by the definition: the oracle of the quick check."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable

from harness.rows import Account, Entry
from reports.books import FIRST_HASH, Books


def plain_books(entries: Iterable[Entry], accounts: Iterable[Account] | None) -> Books:
    by_account: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_account[entry.account].append(entry)
    for legs in by_account.values():
        legs.sort(key=lambda leg: (leg.sequence, leg.entry))
    listed = None if accounts is None else {account.account: account for account in accounts}
    return Books(
        unbalanced=_unbalanced(by_account),
        wrong_balances=_wrong_balances(by_account, listed),
        gaps=tuple(a for a, legs in sorted(by_account.items()) if _has_gap(legs)),
        broken_chains=_broken_chains(by_account, listed),
    )


def _unbalanced(by_account: dict[str, list[Entry]]) -> tuple[str, ...]:
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for legs in by_account.values():
        for leg in legs:
            sums[f"currency {leg.currency}", ""] += leg.amount_minor
            sums[f"transfer {leg.transfer_id}", leg.currency] += leg.amount_minor
    return tuple(sorted({name for (name, _), total in sums.items() if total}))


def _wrong_balances(
    by_account: dict[str, list[Entry]], listed: dict[str, Account] | None
) -> tuple[str, ...]:
    wrong = {account for account, legs in by_account.items() if not _adds_up(legs)}
    if listed is not None:
        for account in by_account.keys() | listed.keys():
            total = sum(leg.amount_minor for leg in by_account.get(account, ()))
            told = listed.get(account)
            if told is None or told.balance_minor != total:
                wrong.add(account)
    return tuple(sorted(wrong))


def _adds_up(legs: list[Entry]) -> bool:
    balance = 0
    for leg in legs:
        balance += leg.amount_minor
        if leg.balance_minor != balance:
            return False
    return True


def _has_gap(legs: list[Entry]) -> bool:
    return [leg.sequence for leg in legs] != list(range(1, len(legs) + 1))


def _broken_chains(
    by_account: dict[str, list[Entry]], listed: dict[str, Account] | None
) -> tuple[str, ...]:
    broken = {account for account, legs in by_account.items() if not _is_chained(legs)}
    for account, told in (listed or {}).items():
        legs = by_account.get(account, [])
        head = (legs[-1].sequence, legs[-1].hash) if legs else (0, told.hash)
        if (told.sequence, told.hash) != head:
            broken.add(account)
    return tuple(sorted(broken))


def _is_chained(legs: list[Entry]) -> bool:
    before = FIRST_HASH
    for leg in legs:
        text = (
            f"{leg.account}|{leg.sequence}|{leg.transfer_id}|{leg.amount_minor}"
            f"|{leg.currency}|{leg.balance_minor}"
        )
        digest = hashlib.sha256(bytes.fromhex(before) + text.encode()).hexdigest()
        if leg.prev_hash != before or leg.hash != digest:
            return False
        before = leg.hash
    return True
