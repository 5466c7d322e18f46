"""Defect: the ledger has one connection to its database, and one statement for each transfer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reference_services.chassis.pool_limits import PoolLimits
from reference_services.defects.parts.around import Around


class OneByOne(Around):
    """The sound database, whose statements do not share a round trip."""

    async def together(self, query: str, asked: list[Any]) -> list[Any]:
        """One statement after the other."""
        return [(await self._sound.together(query, [one]))[0] for one in asked]


def _one_connection(sound: PoolLimits) -> PoolLimits:
    return replace(sound, size=1, warm=1, acquire_timeout_s=30.0)


SWAPS = {"ledger.pool": _one_connection, "ledger.database": OneByOne}
