"""Rows of queries on PostgreSQL: all tables of one address in one read-only snapshot."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import asyncpg

from harness.evidence.declared import SqlSource

# The characters with which CSV would quote and part fields; JSON escapes both, so that each line is
# one whole JSON object.
_QUOTE: Final = "\x01"
_DELIMITER: Final = "\x02"


def write_tables(url: str, sources: Mapping[str, SqlSource], folder: Path) -> dict[str, str]:
    """Write `<folder>/<name>.ndjson` for each query; returns why a table could not be read.

    A snapshot lasts until the last table is read. Raises nothing: each error is of its table.
    """
    why = _all(url, sources, folder)
    for name in why:
        (folder / f"{name}.ndjson").unlink(missing_ok=True)
    return why


def _all(url: str, sources: Mapping[str, SqlSource], folder: Path) -> dict[str, str]:
    longest_s = sum(source.timeout_s for source in sources.values()) + 10
    try:
        return asyncio.run(asyncio.wait_for(_write(url, sources, folder), longest_s))
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return dict.fromkeys(sources, _words(error))


async def _write(url: str, sources: Mapping[str, SqlSource], folder: Path) -> dict[str, str]:
    connection = await asyncpg.connect(url, timeout=10)
    why: dict[str, str] = {}
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            for name, source in sources.items():
                why[name] = await _copy(connection, source, folder / f"{name}.ndjson")
    finally:
        connection.terminate()
    return {name: text for name, text in why.items() if text}


async def _copy(connection: asyncpg.Connection, source: SqlSource, path: Path) -> str:
    """Why the table could not be read; the snapshot of the others stays."""
    query = f"select row_to_json(of_squall) from ({source.query.rstrip('; ')}\n) of_squall"  # noqa: S608  # the user's own query, read-only
    try:
        async with connection.transaction():
            with path.open("wb") as out:
                await connection.copy_from_query(
                    query,
                    output=out,
                    format="csv",
                    quote=_QUOTE,
                    delimiter=_DELIMITER,
                    encoding="utf-8",
                    timeout=source.timeout_s,
                )
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        return _words(error)
    return ""


def _words(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return text[0][:300] if text else type(error).__name__
