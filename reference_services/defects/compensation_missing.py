"""Defect: when the bank declines, the money stays on hold."""

from __future__ import annotations

from reference_services.defects.parts.around import Around
from reference_services.payments.domain import Payment
from reference_services.payments.edges import Terms


class NeverVoids(Around):
    """The sound ledger, which is never told to give money back."""

    async def void(self, payment: Payment, terms: Terms) -> None:
        """Nothing."""


SWAPS = {"payments.ledger": NeverVoids}
