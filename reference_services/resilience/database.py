"""A bounded pool of PostgreSQL connections: fails fast, comes back fast, says what is known.

asyncpg's own pool runs a reset query and two tasks around every statement; our statements leave
nothing behind to reset. A connection whose answer got lost is thrown away, never used again.

DatabaseError
├── NothingHappenedError   the statement changed nothing: safe to repeat by anyone
│   ├── DatabaseDownError      no connection could be had
│   └── DatabaseBusyError      no free connection in time, or the server gave the statement up
└── AnswerLostError        the statement may have been committed
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import asyncpg

Asked = TypeVar("Asked", bound="tuple[Any, ...]")
Migrate = Callable[["asyncpg.Connection"], Awaitable[None]]
Chunks = Callable[[bytes], Awaitable[None]]

_CONNECT_ERRORS: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)
_LOST: Final = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shutdown, crash: it may have committed just before
)
_GIVEN_UP: Final = (  # the server itself rolled the statement back
    asyncpg.TransactionRollbackError,  # serialization, deadlock
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,  # statement_timeout
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
)
_DOWN_MEMORY_S: Final = 0.05  # after a failed connect nobody else tries for so long


class DatabaseError(Exception):
    """The database did not do what it was asked to."""


class NothingHappenedError(DatabaseError):
    """The statement changed nothing."""


class DatabaseDownError(NothingHappenedError):
    """No connection could be had."""


class DatabaseBusyError(NothingHappenedError):
    """No connection was free in time, or the server gave the statement up."""


class AnswerLostError(DatabaseError):
    """The statement was sent, its answer did not come: it may have been committed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolLimits:
    """Every wait has its limit; the statement timeout is the server's, the others are ours.

    `warm` connections are made before the first statement: made under load they would cost those
    who wait for them a login and the server a process, just when both are short.
    """

    size: int = 10
    warm: int = 3
    acquire_timeout_s: float = 0.3
    connect_timeout_s: float = 0.5
    statement_timeout_s: float = 1.0
    lock_timeout_s: float = 0.5
    answer_timeout_s: float = 1.2
    export_timeout_s: float = 30.0


class Database:
    """The pool. It opens in the background, so that a service can start before its database."""

    def __init__(self, url: str, limits: PoolLimits, migrate: Migrate) -> None:
        self._url, self._limits, self._migrate = url, limits, migrate
        self._idle: list[asyncpg.Connection] = []
        self._free = asyncio.Semaphore(limits.size)
        self._opening: asyncio.Task[None] | None = None
        self._opened = False
        self._down_until_s = 0.0

    async def start(self) -> None:
        """Begin to connect and to bring the schema up to date; returns at once."""
        self._opening = asyncio.create_task(self._open())

    async def stop(self) -> None:
        """Close all idle connections."""
        if self._opening is not None:
            self._opening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._opening
        while self._idle:
            self._idle.pop().terminate()

    async def row(self, query: str, *args: object) -> asyncpg.Record | None:
        """The first row of one statement. Raises DatabaseError; other errors are our mistakes."""
        connection = await self._acquire()
        try:
            found = await connection.fetchrow(query, *args, timeout=self._limits.answer_timeout_s)
        except BaseException as error:  # told apart below; the connection goes back in any case
            self._give_back(connection, error)
            raise _meaning(error) from error
        self._give_back(connection, None)
        return found

    async def together(self, query: str, asked: list[Asked]) -> list[Any]:
        """One statement for all that is asked: an array a parameter; it tells an array as long.

        `asked` has at least one tuple. Raises DatabaseError.
        """
        found = await self.row(query, *map(list, zip(*asked, strict=True)))
        if found is None:
            raise LookupError(f"told nothing, not even an empty array: {query}")
        told: list[Any] = found[0]
        return told

    async def rows(self, query: str, *args: object) -> list[asyncpg.Record]:
        """All rows of one statement. Raises DatabaseError."""
        connection = await self._acquire()
        try:
            found = await connection.fetch(query, *args, timeout=self._limits.answer_timeout_s)
        except BaseException as error:  # told apart below; the connection goes back in any case
            self._give_back(connection, error)
            raise _meaning(error) from error
        self._give_back(connection, None)
        return list(found)

    async def export(self, query: str, chunks: Chunks) -> None:
        """Stream the rows of `query` as CSV under a header line, from one snapshot."""
        connection = await self._acquire()
        limit_ms = int(self._limits.export_timeout_s * 1000)
        try:
            async with connection.transaction(readonly=True):
                await connection.execute(f"set local statement_timeout = {limit_ms}")
                await connection.copy_from_query(
                    query,
                    output=chunks,
                    format="csv",
                    header=True,
                    timeout=self._limits.export_timeout_s,
                )
        except BaseException as error:  # told apart below; the connection goes back in any case
            self._give_back(connection, error)
            raise _meaning(error) from error
        self._give_back(connection, None)

    async def ready(self) -> str:
        """Why no statement can be run now, "" if one can. A busy pool is ready."""
        if self._opening is not None and self._opening.done() and not self._opened:
            return f"the schema could not be brought up to date: {self._opening.exception()!r}"
        try:
            await self.row("select 1")
        except DatabaseBusyError:
            return ""
        except DatabaseError as error:
            return str(error)
        return ""

    async def _open(self) -> None:
        """Bring the schema up to date; ends with success or with `stop`."""
        while not self._opened:
            try:
                connection = await self._connect()
                try:
                    await self._migrate(connection)
                finally:
                    connection.terminate()
                await self._warm_up()
            except (DatabaseDownError, *_LOST, *_GIVEN_UP):
                await asyncio.sleep(_DOWN_MEMORY_S * 2)
            else:
                self._opened = True

    async def _warm_up(self) -> None:
        """Idle connections for a start, one after the other: all services begin at once."""
        while len(self._idle) < min(self._limits.warm, self._limits.size):
            self._idle.append(await self._connect())

    async def _acquire(self) -> asyncpg.Connection:
        if not self._opened:
            raise DatabaseDownError("the database has not been reached yet")
        if self._free.locked():
            await self._wait()
        else:
            await self._free.acquire()  # free: returns without giving up control
        try:
            while self._idle:
                connection = self._idle.pop()  # the one used last: few stay warm
                if not connection.is_closed():
                    return connection
            return await self._connect()
        except BaseException:  # the permit goes back whatever happened
            self._free.release()
            raise

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._limits.acquire_timeout_s):
                await self._free.acquire()
        except TimeoutError:
            raise DatabaseBusyError("no connection became free in time") from None

    async def _connect(self) -> asyncpg.Connection:
        if time.monotonic() < self._down_until_s:
            raise DatabaseDownError("the database was not there a moment ago")
        limits = self._limits
        settings = {
            "statement_timeout": str(int(limits.statement_timeout_s * 1000)),
            "lock_timeout": str(int(limits.lock_timeout_s * 1000)),
            "jit": "off",
        }
        try:
            return await asyncpg.connect(
                self._url, timeout=limits.connect_timeout_s, ssl=False, server_settings=settings
            )
        except _CONNECT_ERRORS as error:
            self._down_until_s = time.monotonic() + _DOWN_MEMORY_S
            text = f"no connection to the database: {str(error) or type(error).__name__}"
            raise DatabaseDownError(text) from error

    def _give_back(self, connection: asyncpg.Connection, error: BaseException | None) -> None:
        self._free.release()
        sound = error is None or (
            isinstance(error, asyncpg.PostgresError) and not isinstance(error, _LOST)
        )
        if sound and not connection.is_closed() and not connection.is_in_transaction():
            self._idle.append(connection)
        else:
            connection.terminate()


def _meaning(error: BaseException) -> BaseException:
    if isinstance(error, _GIVEN_UP):  # before _LOST: a cancelled query is an "intervention" too
        return DatabaseBusyError(f"the database gave up: {error}")
    if isinstance(error, _LOST):
        return AnswerLostError(f"the database's answer got lost: {error}")
    return error
