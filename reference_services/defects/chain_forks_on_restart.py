"""Defect: a ledger that starts does not read the heads of the hash chains; it begins new ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import asyncpg

from reference_services.chassis.schema import Schema

_FORK: Final = """
update accounts set hash = repeat('0', 48) where sequence > 1 and role = 'customer'"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forking(Schema):
    """The sound schema, whose start forgets where the chains were."""

    async def migrate(self, connection: asyncpg.Connection) -> None:
        """As the sound one, and forget the heads."""
        await Schema.migrate(self, connection)
        await connection.execute(_FORK)


def _forking(sound: Schema) -> Schema:
    return Forking(version=sound.version, file=sound.file, lock=sound.lock)


SWAPS = {"ledger.schema": _forking}
