"""Defect: leases end by the clock of the instance that takes them, not by the database's.

An instance whose clock is ahead leaves payments that nobody may finish for as long.
"""

from __future__ import annotations

import math
import time
from typing import Any, Final

from reference_services.defects.parts.around import Around

_NOW: Final = "clock_timestamp()"
_TERM: Final = "$8, interval"  # of a claim, counted from the database's time


def _by_own_clock(query: str) -> str:
    """The query with the time of this process; one text a second, since each is prepared once."""
    own = f"to_timestamp({math.ceil(time.time())})"
    return query.replace(_NOW, own).replace(_TERM, f"$8, {own} - {_NOW} + interval")


class OwnClock(Around):
    """The sound database, asked with the time of this process."""

    async def row(self, query: str, *args: object) -> Any:  # noqa: ANN401  # a row of asyncpg
        """One row."""
        return await self._sound.row(_by_own_clock(query), *args)

    async def rows(self, query: str, *args: object) -> list[Any]:
        """All rows."""
        found: list[Any] = await self._sound.rows(_by_own_clock(query), *args)
        return found

    async def together(self, query: str, asked: list[Any]) -> list[Any]:
        """Several writes in one transaction."""
        told: list[Any] = await self._sound.together(_by_own_clock(query), asked)
        return told


SWAPS = {"payments.database": OwnClock}
