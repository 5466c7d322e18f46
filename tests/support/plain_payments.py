"""Each payment held against all records, row by row, by docs/invariants.md: the oracle."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from reports.measures.cohorts import Known
from tests.support.reference_rows import Account, Charge, Entry, Payment
from tests.support.runs_asked import Asks

T = TypeVar("T")
Found = dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """All records of a run."""

    asked: tuple[Asks, ...]
    entries: tuple[Entry, ...]
    accounts: tuple[Account, ...]
    charges: tuple[Charge, ...]
    payments: tuple[Payment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OneKey:
    """Everything that the records have under one key, fund transfers excepted."""

    entries: Sequence[Entry]
    charges: Sequence[Charge]
    payments: Sequence[Payment]

    def received(self, kind: str) -> int:
        return sum(e.kind == kind and e.amount_minor > 0 for e in self.entries)

    def stored(self, status: str) -> int:
        return sum(p.status == status for p in self.payments)

    @property
    def charged(self) -> int:
        return sum(c.status == "charged" for c in self.charges)

    @property
    def on_hold(self) -> int:
        return sum(e.amount_minor for e in self.entries if e.account.startswith("held:"))


def plain_payments(rows: Rows, known: Sequence[Known]) -> Found:
    """The violations of the check `payments`, by class."""
    by_key = _by_key(rows)
    times = Counter(p.payment_id for p in rows.payments)
    shared = {name for name, count in times.items() if count > 1}
    crossed = _crossed(
        [
            *((c.key, c.reference) for c in rows.charges),
            *((e.transfer_id, e.reference) for e in rows.entries if e.kind != "fund"),
        ]
    )
    of_two = _crossed([(c.charge_id, c.reference) for c in rows.charges])
    found: dict[str, list[str]] = defaultdict(list)
    for intent, asked in enumerate(rows.asked):
        it = by_key.pop(asked.key, OneKey(entries=(), charges=(), payments=()))
        wrong = _judge(asked, known[intent], it)
        used = {c.key for c in it.charges} | {e.transfer_id for e in it.entries}
        if _has_wrong_id(it, shared) or used & crossed:
            wrong = (wrong - {"stuck"}) | {"ids_differ"}
        if _is_uncaused(it, rows.entries):
            wrong = (wrong - {"stuck"}) | {"refused_without_cause"}
        if {c.charge_id for c in it.charges} & of_two:
            wrong = (wrong - {"stuck"}) | {"charge_shared"}
        for kind in wrong:
            found[kind].append(asked.key)
    found["unknown_key"] = sorted(by_key)
    found["hold_account_open"] = _open_hold_accounts(rows)
    return {kind: tuple(names) for kind, names in found.items() if names}


def _crossed(pairs: Iterable[tuple[str, str]]) -> set[str]:
    """The ids that stand under more than one key."""
    return {name for name, keys in _grouped(pairs).items() if len(set(keys)) > 1}


def _by_key(rows: Rows) -> dict[str, OneKey]:
    booked = _grouped((e.reference, e) for e in rows.entries if e.kind != "fund")
    charged = _grouped((c.reference, c) for c in rows.charges)
    stored = _grouped((p.key, p) for p in rows.payments)
    return {
        key: OneKey(
            entries=booked.get(key, ()), charges=charged.get(key, ()), payments=stored.get(key, ())
        )
        for key in booked.keys() | charged.keys() | stored.keys()
    }


def _grouped(pairs: Iterable[tuple[str, T]]) -> Mapping[str, list[T]]:
    groups: dict[str, list[T]] = defaultdict(list)
    for key, row in pairs:
        groups[key].append(row)
    return groups


def _judge(asked: Asks, known: Known, it: OneKey) -> set[str]:
    found = _counts(it) | _ends(known, it)
    if any(_is_wrong_party(asked, entry) for entry in it.entries):
        found.add("wrong_party")
    if any((p.payer, p.payee) != (asked.payer, asked.payee) for p in it.payments):
        found.add("wrong_party")
    worth = (asked.amount_minor, asked.currency)
    booked = {(abs(e.amount_minor), e.currency) for e in it.entries}
    charged = {(c.amount_minor, c.currency) for c in it.charges}
    stored = {(p.amount_minor, p.currency) for p in it.payments}
    if (booked | charged | stored) - {worth}:
        found.add("amounts_differ")
    if it.on_hold and not it.stored("pending"):
        found.add("left_on_hold")
    if _is_odd(it):
        found.add("unknown_status")
    if _is_early(it.entries):
        found.add("ended_early")
    if not found and (known is Known.UNKNOWN or it.stored("pending")):
        found.add("stuck")
    return found


def _is_odd(it: OneKey) -> bool:
    """Whether some record has a status or a kind that is not defined."""
    stored = {p.status for p in it.payments} - {"captured", "declined", "pending"}
    charged = {c.status for c in it.charges} - {"charged", "declined"}
    return bool(stored or charged or {e.kind for e in it.entries} - {"hold", "post", "void"})


def _counts(it: OneKey) -> set[str]:
    found = set()
    times = [it.received(kind) for kind in ("hold", "post", "void")]
    if max(*times, len(it.charges), len(it.payments)) > 1:
        found.add("doubled")
    if it.received("post") and it.received("void"):
        found.add("ended_twice")
    return found


def _ends(known: Known, it: OneKey) -> set[str]:
    """Did it happen everywhere, nowhere, or only at some places."""
    places = [bool(it.received("post")), bool(it.charged), bool(it.stored("captured"))]
    if known is Known.CAPTURED and not all(places):
        return {"lost"}
    if known is Known.REFUSED and any(places):
        return {"ghost"}
    if known is Known.UNSTARTED and (it.entries or it.charges or it.payments):
        return {"ghost"}
    if any(places) and not all(places) and not it.stored("pending"):
        return {"ends_differ"}
    return set()


def _is_wrong_party(asked: Asks, entry: Entry) -> bool:
    hold = f"held:{asked.payer}"
    of_kind = {"hold": (asked.payer, hold), "post": (hold, asked.payee)}
    giver, receiver = of_kind.get(entry.kind, (hold, asked.payer))
    return entry.account != (giver if entry.amount_minor < 0 else receiver)


def _has_wrong_id(it: OneKey, shared: set[str]) -> bool:
    """Whether the stored id is another payment's too, or not that of a charge or a transfer."""
    ids = {p.payment_id for p in it.payments}
    used = {c.key for c in it.charges}
    allowed = {f"{name}:{kind}" for name in ids for kind in {e.kind for e in it.entries}}
    wrong = {e.transfer_id for e in it.entries} - allowed
    wrong |= {e.transfer_id for e in it.entries if not e.transfer_id.endswith(f":{e.kind}")}
    return bool(ids & shared) or bool(ids and (wrong or used - ids))


def _is_uncaused(it: OneKey, entries: Sequence[Entry]) -> bool:
    """Whether a row is declined that neither the bank nor the payer's balance can have declined."""
    return not it.charges and any(
        _could_pay(row, entries) for row in it.payments if row.status == "declined"
    )


def _could_pay(row: Payment, entries: Sequence[Entry]) -> bool:
    """Whether the payer's balance covered it after each of his entries, and the payee exists."""
    of_payer = [e for e in entries if (e.account, e.currency) == (row.payer, row.currency)]
    is_funded = any(e.kind == "fund" and e.amount_minor > 0 for e in of_payer)
    of_payee = [e for e in entries if (e.account, e.currency) == (row.payee, row.currency)]
    is_customer = not row.payee.startswith("held:") and row.payee not in ("equity", row.payer)
    covered = all(e.balance_minor >= row.amount_minor for e in of_payer)
    return is_funded and covered and bool(of_payee) and is_customer


def _is_early(entries: Sequence[Entry]) -> bool:
    """Whether the payment's post or void precedes its hold in the hold account."""
    on_hold = [e for e in entries if e.account.startswith("held:")]
    holds = [e.sequence for e in on_hold if e.kind == "hold"]
    ends = [e.sequence for e in on_hold if e.kind != "hold"]
    return bool(holds and ends and min(ends) < min(holds))


def _open_hold_accounts(rows: Rows) -> list[str]:
    pending = {p.key for p in rows.payments if p.status == "pending"}
    totals: Counter[str] = Counter()
    for entry in rows.entries:
        if entry.account.startswith("held:") and entry.reference not in pending:
            totals[entry.account] += entry.amount_minor
    return sorted(account for account, total in totals.items() if total)
