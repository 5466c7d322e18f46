"""The books checked entry by entry, by the definition: the oracle of the quick check."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import zip_longest
from typing import Final

from reports.checks.payments.books import Books
from tests.support.plain_links import plain_link
from tests.support.reference_rows import Account, Entry

FIRST_HASH: Final = "0" * 48


def plain_books(entries: Iterable[Entry], accounts: Iterable[Account] | None) -> Books:
    entries = tuple(entries)
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
        broken_chains=tuple(sorted(_broken_chains(by_account, listed) | _unlinked(entries))),
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
) -> set[str]:
    broken = {account for account, legs in by_account.items() if not _is_chained(legs)}
    for account, told in (listed or {}).items():
        legs = by_account.get(account, [])
        head = (legs[-1].sequence, legs[-1].hash) if legs else (0, told.hash)
        if (told.sequence, told.hash) != head:
            broken.add(account)
    return broken


def _is_chained(legs: list[Entry]) -> bool:
    before = FIRST_HASH
    for leg in legs:
        if leg.prev_hash != before:
            return False
        before = leg.hash
    return True


def _unlinked(entries: tuple[Entry, ...]) -> set[str]:
    """Accounts with a leg without a counterpart, or with a link that does not follow.

    A transfer's first leg that gives belongs to its first that receives, and so on.
    """
    broken = {entry.account for entry in entries if not entry.amount_minor}
    by_transfer: dict[str, tuple[list[Entry], list[Entry]]] = defaultdict(lambda: ([], []))
    for entry in entries:
        if entry.amount_minor:
            by_transfer[entry.transfer_id][entry.amount_minor > 0].append(entry)
    for givers, receivers in by_transfer.values():
        for giver, receiver in zip_longest(givers, receivers):
            if giver is None or receiver is None or not _is_link(giver, receiver):
                broken |= {leg.account for leg in (giver, receiver) if leg is not None}
    return broken


def _is_link(giver: Entry, receiver: Entry) -> bool:
    link = plain_link(
        giver.prev_hash,
        receiver.prev_hash,
        receiver.kind,
        receiver.transfer_id,
        receiver.reference,
        receiver.amount_minor,
        receiver.currency,
        giver.account,
        receiver.account,
    )
    return (
        giver.hash == receiver.hash == link
        and (giver.kind, giver.reference) == (receiver.kind, receiver.reference)
        and giver.currency == receiver.currency
        and giver.amount_minor == -receiver.amount_minor
    )
