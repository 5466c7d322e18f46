"""The saga of one payment: hold at the ledger, charge at the bank, post; void if the bank declines.

The id of every step is made of the payment's own, so a retry, another replica or the sweeper can
walk the saga from the start: steps that were done answer as before. No progress is stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from reference_services.chassis.failpoints import Failpoints
from reference_services.payments.domain import Payment
from reference_services.payments.edges import Bank, Ledger, Terms
from reference_services.payments.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Leave to walk one saga: terms for each of its edges."""

    ledger: Terms
    bank: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Saga:
    """The steps and where they lead. Raises StepError and DatabaseError: the payment stays open."""

    store: Store
    ledger: Ledger
    bank: Bank
    failpoints: Failpoints

    @contextmanager
    def leave(self, deadline_s: float) -> Iterator[Leave]:
        """Claim a call on both edges before any money moves. Raises BreakerOpenError.

        An unused claim is given back at the end of the block, however it ends. In half-open a
        breaker gives one leave at a time, so no other payment holds money and is then rejected.
        """
        with self.ledger.reserve() as ledger, self.bank.reserve() as bank:
            yield Leave(
                ledger=Terms(deadline_s=deadline_s, permit=ledger),
                bank=Terms(deadline_s=deadline_s, permit=bank),
            )

    async def finish(self, payment: Payment, leave: Leave) -> Payment:
        """The payment as it ended."""
        refusal = await self.ledger.hold(payment, leave.ledger)
        await self.failpoints.reach("after_hold")
        if refusal:
            return await self.store.finish(payment, "declined", refusal)
        charged = await self.bank.charge(payment, leave.bank)
        await self.failpoints.reach("after_bank")
        if not charged:
            await self.ledger.void(payment, leave.ledger)
            return await self.store.finish(payment, "declined", "declined-by-bank")
        await self.ledger.post(payment, leave.ledger)
        await self.failpoints.reach("after_post")
        return await self.store.finish(payment, "captured", "")
