"""Defect: a bank that does not answer is taken for a bank that declines."""

from __future__ import annotations

from reference_services.defects.parts.around import Around
from reference_services.payments.domain import Payment
from reference_services.payments.edges import StepError, Terms


class TimeoutDeclines(Around):
    """The bank, whose lost answers mean no."""

    async def charge(self, payment: Payment, terms: Terms) -> bool:
        """False also if the outcome is not known."""
        try:
            charged: bool = await self._sound.charge(payment, terms)
        except StepError:
            return False
        return charged


SWAPS = {"payments.bank": TimeoutDeclines}
