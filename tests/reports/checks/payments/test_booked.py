"""Where the three sources tell the same, one is counted; where they do not, all are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs

from harness.rows import ACCOUNTS, CHARGES, ENTRIES, PAYMENTS
from reports.checks.payments.booked import Booked, are_alike
from reports.checks.payments.stored_payments import Paid
from reports.evidence import Evidence, read_evidence
from tests.support.runs_builder import PREFIX, RunsBuilder, sound_run

NAMED = (ENTRIES, ACCOUNTS, CHARGES, PAYMENTS)
KEY = f"{PREFIX}-7"


def booked(evidence: Evidence, size: int) -> Booked:
    return Booked.of(evidence, Paid.of(evidence, size), f"{PREFIX}-", size)


def lose_a_charge(run: RunsBuilder) -> None:
    run.books.charges = [charge for charge in run.books.charges if charge.reference != KEY]


def charge_twice(run: RunsBuilder) -> None:
    run.books.charge(KEY, "p7", 107)


def charge_more(run: RunsBuilder) -> None:
    lose_a_charge(run)
    run.books.charge(KEY, "p7", 108)


def forget_a_payment(run: RunsBuilder) -> None:
    run.books.payments = [payment for payment in run.books.payments if payment.key != KEY]


def leave_a_hold(run: RunsBuilder) -> None:
    run.books.move("again:hold", KEY, ("payer-1", "held:payer-1"), 7, "hold")


def pay_a_stranger(run: RunsBuilder) -> None:
    run.books.pay(f"{PREFIX}-x", "p-x", "payer-1", 5)


def exchange_two_posts(run: RunsBuilder) -> None:
    """As many as before, of other payments."""
    entries = run.books.entries
    first, second = (i for i, e in enumerate(entries) if e.kind == "post" and e.reference == KEY)
    for place in (first, second):
        entries[place] = structs.replace(entries[place], reference=f"{PREFIX}-8")


CHANGES = (
    lose_a_charge,
    charge_twice,
    charge_more,
    forget_a_payment,
    leave_a_hold,
    pay_a_stranger,
    exchange_two_posts,
)


@pytest.mark.parametrize("change", CHANGES)
def test_no_difference_between_the_sources_is_overlooked(
    change: Callable[[RunsBuilder], None], tmp_path: Path
) -> None:
    run = sound_run(rate=20)
    change(run)
    evidence = read_evidence(run.write(tmp_path / "run"), NAMED, PREFIX)
    captured = np.count_nonzero(Paid.of(evidence, len(run.due_us)).what == 0)
    assert not are_alike(evidence, f"{PREFIX}-", int(captured))


def test_counting_payments_alone_says_what_counting_all_says(tmp_path: Path) -> None:
    run = sound_run(rate=20)
    run.books.move("p-void:hold", KEY, ("payer-1", "held:payer-1"), 9, "hold")
    run.books.move("p-void:void", KEY, ("held:payer-1", "payer-1"), 9, "void")
    evidence = read_evidence(run.write(tmp_path / "run"), NAMED, PREFIX)
    size = len(run.due_us)
    assert are_alike(evidence, f"{PREFIX}-", size)
    quick = booked(evidence, size)
    del evidence.columns[PAYMENTS]
    full = booked(evidence, size)
    for name in ("posted", "charged", "amounts_differ", "is_missing", "is_open"):
        assert np.array_equal(getattr(quick, name), getattr(full, name)), name
    assert quick.beyond == full.beyond
