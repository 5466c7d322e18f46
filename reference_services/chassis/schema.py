"""Brings an empty database to a service's schema, once, whichever replica comes first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import asyncpg


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """A file of statements and its version; `lock` is an advisory lock of this service's own.

    `changes`: texts of the file and what stands in their place (defects use it).
    """

    version: str
    file: Path
    lock: int
    changes: tuple[tuple[str, str], ...] = ()

    def statements(self) -> str:
        """The file with its changes. Raises LookupError for a text that is not there just once."""
        text = self.file.read_text()
        for old, new in self.changes:
            if text.count(old) != 1:
                raise LookupError(f"{self.file.name} has {text.count(old)} times {old!r}")
            text = text.replace(old, new)
        return text

    async def migrate(self, connection: asyncpg.Connection) -> None:
        """In one transaction, so that it is there as a whole or not at all."""
        async with connection.transaction():
            await connection.execute("set local statement_timeout = 30000")
            await connection.execute("set local lock_timeout = 10000")
            await connection.execute("select pg_advisory_xact_lock($1::bigint)", self.lock)
            await connection.execute("create table if not exists schema_version (version text)")
            if await connection.fetchval("select version from schema_version") == self.version:
                return
            await connection.execute(self.statements())
            await connection.execute("insert into schema_version values ($1)", self.version)
