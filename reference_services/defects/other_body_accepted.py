"""Defect: a key with another body gets the answer of the first body."""

from __future__ import annotations

from reference_services.defects.parts.around import Around
from reference_services.payments.domain import Claim, PaymentRequest


class AnyBody(Around):
    """The sound store, but the request under a known key is not compared."""

    async def claim(self, key: str, payment_id: str, request: PaymentRequest) -> Claim:
        """Claim it as the request that the key was first used for."""
        known = await self._sound.find(key)
        if known is not None:
            request = PaymentRequest(
                payer=known.payer,
                payee=known.payee,
                amount_minor=known.amount_minor,
                currency=known.currency,
            )
        claimed: Claim = await self._sound.claim(key, payment_id, request)
        return claimed


SWAPS = {"payments.store": AnyBody}
