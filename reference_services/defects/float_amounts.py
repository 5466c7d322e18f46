"""Defect: the amount for the bank passes through a float of major units and loses a minor unit."""

from __future__ import annotations

from typing import Final

import msgspec

from reference_services.defects.parts.around import Around
from reference_services.payments.domain import Payment
from reference_services.payments.edges import Terms

_MINOR_IN_MAJOR: Final = 100


class FloatAmounts(Around):
    """The bank, asked for an amount in floating major units."""

    async def charge(self, payment: Payment, terms: Terms) -> bool:
        """Charge int(major * 100): 0.29 becomes 28."""
        major = payment.amount_minor / _MINOR_IN_MAJOR
        charged: bool = await self._sound.charge(
            msgspec.structs.replace(payment, amount_minor=int(major * _MINOR_IN_MAJOR)), terms
        )
        return charged


SWAPS = {"payments.bank": FloatAmounts}
