"""The evidence that the rules of `likely_rules.py` look for in what a failed run shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from reports.verdict.findings import Findings

Test = Callable[[Findings], str]
MANY: Final = 2.0  # attempts per call; a sound budget of retries allows little more than one


def said(text: str, *, holds: bool) -> str:
    """The text if it holds, else ""."""
    return text if holds else ""


def of_class(name: str, text: str) -> Test:
    """A violation of that class was found."""
    return lambda it: said(text, holds=name in it.proofs)


def missed(metric: str, text: str) -> Test:
    """The objective on that metric does not hold, and an edge was faulted."""
    return lambda it: said(text, holds=metric in it.missed and bool(it.edge))


def missed_without_database(metric: str, text: str) -> Test:
    """The same while the database was down."""
    whole = f"{text} while the database was away"
    return lambda it: said(whole, holds=metric in it.missed and it.service == "postgres")


def stored_twice(it: Findings) -> str:
    """One key, several stored payments."""
    rows = len(it.rows("doubled", "payments"))
    return said(f"one key is stored {rows} times", holds=rows > 1)


def walked_twice(it: Findings) -> str:
    """One stored payment whose steps were made twice."""
    charges, holds = it.count("doubled", "bank", "charged"), it.count("doubled", "ledger", "hold")
    once = len(it.rows("doubled", "payments")) == 1
    holds_twice = holds > 2  # noqa: PLR2004  # two entries a transfer
    text = "one stored payment was held and charged twice: two replicas took its key as new"
    return said(text, holds=once and charges > 1 and holds_twice)


def charged_twice(it: Findings) -> str:
    """Held once and charged more often."""
    charges, holds = it.count("doubled", "bank", "charged"), it.count("doubled", "ledger", "hold")
    only = holds <= 2  # noqa: PLR2004  # two entries a transfer
    return said(f"held once, charged {charges} times", holds=charges > 1 and only)


def booked_twice(it: Findings) -> str:
    """Charged at most once and booked more often."""
    text = "a step of one payment is booked twice, which was charged at most once"
    charges = it.count("doubled", "bank", "charged")
    return said(text, holds="doubled" in it.proofs and charges <= 1 and not stored_twice(it))


def not_voided(it: Findings) -> str:
    """Declined by the bank, and the hold is still there."""
    text = "the bank declined, the hold is booked and no void follows it"
    held = it.count("left_on_hold", "bank", "declined") and it.count(
        "left_on_hold", "ledger", "hold"
    )
    return said(text, holds=bool(held))


def refused_but_charged(it: Findings) -> str:
    """Declined for the payer, charged at the bank."""
    text = "the bank has charged what payments calls declined"
    kinds = [k for k in ("ghost", "ends_differ", "lost") if it.count(k, "bank", "charged")]
    return said(text, holds=any(it.count(k, "payments", "declined") for k in kinds))


def other_amount(table: str) -> Test:
    """The records of a table have another amount than was asked."""

    def differs(it: Findings) -> str:
        asked = {_amount(row) for row in it.rows("amounts_differ", "asked")}
        has = {_amount(row) for row in it.rows("amounts_differ", table)}
        return said(f"the records of {table} have another amount", holds=bool(has - asked))

    return differs


def _amount(row: str) -> str:
    return " ".join(row.split(" and ", maxsplit=1)[0].split()[-2:]).lstrip("-")


def done_but_pending(it: Findings) -> str:
    """Pending, although its last step is booked."""
    ended = it.count("stuck", "ledger", "post") + it.count("stuck", "ledger", "void")
    text = "all steps of a payment are booked and it is pending: its last step cannot be repeated"
    return said(text, holds=bool(ended and it.count("stuck", "payments", "pending")))


def charged_without_hold(it: Findings) -> str:
    """Pending and charged at the bank, and the ledger has nothing of it."""
    pending_rows = it.count("stuck", "payments", "pending")
    charges = it.count("stuck", "bank", "charged")
    text = "the bank has charged a payment that the ledger has no hold of: a claim passed for one"
    return said(text, holds=bool(pending_rows and charges and not it.rows("stuck", "ledger")))


def pending_under_another_clock(it: Findings) -> str:
    """Pending in a run in which a clock jumped."""
    text = "payments stay pending after the clock of an instance had jumped"
    pending = it.count("stuck", "payments", "pending")
    return said(text, holds=bool(pending) and "FAKETIME=" in it.variables)


def repeats_refused(it: Findings) -> str:
    """Two answers under one key, and more failures than the run may have."""
    text = "one key was answered in two ways, and requests failed that were sent again"
    return said(text, holds="answers_differ" in it.proofs and "failed_ratio_run" in it.missed)


def opened_by_itself(it: Findings) -> str:
    """A breaker opened without a fault."""
    text = "a breaker opened although nothing was wrong with the other side"
    return said(text, holds="breaker_opened_by_itself" in it.missed and bool(it.opened))


def pending(it: Findings) -> str:
    """A payment is pending at the end."""
    rows = it.count("stuck", "payments", "pending")
    return said("a payment is still pending, nobody works on it", holds=bool(rows))


def never_told(it: Findings) -> str:
    """It ended, and its payer does not know."""
    ended = it.count("stuck", "payments", "captured") or it.count("stuck", "payments", "declined")
    return said("the payment has ended and its payer never learned it", holds=bool(ended))


def lost_when(*, service: str = "", edge: str = "", text: str) -> Test:
    """Records are missing after a fault of that service or edge."""
    kinds = ("lost", "left_on_hold", "ghost", "stuck", "unknown_key", "hold_account_open")

    def lost(it: Findings) -> str:
        there = any(kind in it.proofs for kind in kinds)
        struck = bool(service and it.service == service) or bool(edge and it.edge == edge)
        return said(text, holds=there and struck)

    return lost


def repeated(it: Findings) -> str:
    """Callers of the faulted edge made far more attempts than calls."""
    per_call = it.repeats.get(it.edge, 0.0)
    return said(f"a call of the faulted edge took {per_call:.1f} attempts", holds=per_call > MANY)
