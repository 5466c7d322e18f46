"""The saga of one payment: hold at the ledger, charge at the bank, post; void if the bank declines.

Every step's id is made of the payment's own, so that whoever picks a payment up (a retry, another
replica, the sweeper) walks it from the start and finds done what is done. No progress is stored.
"""

from __future__ import annotations

from dataclasses import dataclass

from reference_services.failpoints import Failpoints
from reference_services.payments.domain import Payment
from reference_services.payments.edges import Bank, Ledger
from reference_services.payments.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Saga:
    """The steps and where they lead. Raises StepError and DatabaseError: the payment stays open."""

    store: Store
    ledger: Ledger
    bank: Bank
    failpoints: Failpoints

    def retry_after_s(self) -> float:
        """0 if both other sides are let through now; else beginning a payment leads nowhere."""
        return max(self.ledger.retry_after_s(), self.bank.retry_after_s())

    async def finish(self, payment: Payment, deadline_s: float) -> Payment:
        """The payment as it ended. `deadline_s` is monotonic seconds."""
        refusal = await self.ledger.hold(payment, deadline_s)
        await self.failpoints.reach("after_hold")
        if refusal:
            return await self.store.finish(payment, "declined", refusal)
        charged = await self.bank.charge(payment, deadline_s)
        await self.failpoints.reach("after_bank")
        if not charged:
            await self.ledger.void(payment, deadline_s)
            return await self.store.finish(payment, "declined", "declined-by-bank")
        await self.ledger.post(payment, deadline_s)
        await self.failpoints.reach("after_post")
        return await self.store.finish(payment, "captured", "")
