"""Defect: the sweepers of all replicas take the same payments, also those of living requests."""

from __future__ import annotations

from typing import Any, Final

from reference_services.defects.parts.around import Around

_PENDING: Final = """
select key, payment_id, payer, payee, amount_minor, currency, status, reason
from payments where status = 'pending' order by created_at limit $1"""


class NoLease(Around):
    """The sound database; its only query for several rows is that of the sweeper."""

    async def rows(self, query: str, *args: object) -> list[Any]:
        """Pending payments, without a lease."""
        del query
        found: list[Any] = await self._sound.rows(_PENDING, *args)
        return found


SWAPS = {"payments.database": NoLease}
