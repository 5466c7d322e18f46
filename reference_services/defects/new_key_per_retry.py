"""Defect: each call to the bank has a key of its own, so a repeated call charges again."""

from __future__ import annotations

import secrets

import msgspec

from reference_services.defects.parts.around import Around
from reference_services.payments.domain import Payment
from reference_services.payments.edges import Terms


class NewKeys(Around):
    """The bank, asked under a new key each time."""

    async def charge(self, payment: Payment, terms: Terms) -> bool:
        """Charge under a key that the bank has never seen."""
        key = f"{payment.payment_id}-{secrets.token_hex(4)}"
        charged: bool = await self._sound.charge(
            msgspec.structs.replace(payment, payment_id=key), terms
        )
        return charged


SWAPS = {"payments.bank": NewKeys}
