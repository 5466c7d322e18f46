"""Defect: a payment is stored as captured before the ledger is told, and nobody tells it again.

The end of a payment is committed and what must follow from it is published afterwards, without an
outbox: what is lost in between is never repeated.
"""

from __future__ import annotations

import contextlib

from reference_services.payments.domain import Payment
from reference_services.payments.edges import StepError
from reference_services.payments.saga import Leave, Saga


class PublishAfterCommit(Saga):
    """The sound steps, but the status comes before the post."""

    async def finish(self, payment: Payment, leave: Leave) -> Payment:
        """The payment as it ended."""
        refusal = await self.ledger.hold(payment, leave.ledger)
        await self.failpoints.reach("after_hold")
        if refusal:
            return await self.store.finish(payment, "declined", refusal)
        if not await self.bank.charge(payment, leave.bank):
            await self.ledger.void(payment, leave.ledger)
            return await self.store.finish(payment, "declined", "declined-by-bank")
        ended = await self.store.finish(payment, "captured", "")
        await self.failpoints.reach("after_bank")
        with contextlib.suppress(StepError):
            await self.ledger.post(payment, leave.ledger)
        return ended


def _unsafe(sound: Saga) -> Saga:
    return PublishAfterCommit(
        store=sound.store, ledger=sound.ledger, bank=sound.bank, failpoints=sound.failpoints
    )


SWAPS = {"payments.saga": _unsafe}
