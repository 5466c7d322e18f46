"""asyncpg's pool with exact errors: each says whether the statement may have been committed.

A connection whose answer was lost is closed, or cancelled until the server says that it is idle.
Every statement ends with the caller's deadline (`deadlines.CURRENT_S`) at the latest: asyncpg then
cancels it on the server.

DatabaseError
├── NothingHappenedError   the statement changed nothing: safe to repeat by anyone
│   ├── DatabaseDownError      no connection could be had
│   └── DatabaseBusyError      no free connection in time, or the server gave the statement up
└── AnswerLostError        the statement may have been committed

StatementRefusedError      the server answered with an error in the content or the query: nothing
                           happened, and the same statement fails again; the cause is asyncpg's
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import asyncpg

from reference_services.chassis import deadlines
from reference_services.chassis.pool_limits import PoolLimits

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
_DOWN_MEMORY_S: Final = 0.05  # after a failed connect no other caller tries for so long
_LEAST_S: Final = 0.002  # a statement with less time than this is not sent
_NO_LIMIT: Final = 2**31 - 1  # statements on one connection, before asyncpg replaces it


class DatabaseError(Exception):
    """It is not known that the statement succeeded."""


class NothingHappenedError(DatabaseError):
    """The statement changed nothing."""


class DatabaseDownError(NothingHappenedError):
    """No connection could be had."""


class DatabaseBusyError(NothingHappenedError):
    """No connection was free in time, or the server gave the statement up."""


class AnswerLostError(DatabaseError):
    """The statement was sent, its answer did not come: it may have been committed."""


class StatementRefusedError(Exception):
    """The server or asyncpg refused the statement for its content: nothing happened."""


def _heard_by_nobody() -> None:
    """A wait that is not counted."""


class Database:
    """The pool. It opens in the background, so that a service can start before its database."""

    def __init__(
        self,
        url: str,
        limits: PoolLimits,
        migrate: Migrate,
        waited: Callable[[], None] = _heard_by_nobody,
    ) -> None:
        """`waited` is called when a statement finds every connection of the pool in use."""
        self._url, self._limits, self._migrate, self._waited = url, limits, migrate, waited
        self._pool: asyncpg.Pool | None = None
        self._opening: asyncio.Task[None] | None = None
        self._opened = False
        self._down_until_s = 0.0
        self._cancelling: set[asyncio.Task[None]] = set()  # at most one for each connection

    async def start(self) -> None:
        """Begin to connect and to bring the schema up to date; returns at once."""
        self._pool = asyncpg.create_pool(
            min_size=0,
            max_size=self._limits.size,
            max_queries=_NO_LIMIT,
            max_inactive_connection_lifetime=0,
            connect=self._connect,
            reset=_leave_as_it_is,
        )
        await self._pool
        self._opening = asyncio.create_task(self._open())

    async def stop(self) -> None:
        """Close all connections at once."""
        if self._opening is not None:
            self._opening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._opening
        if self._cancelling:
            await asyncio.wait(self._cancelling, timeout=self._limits.connect_timeout_s)
        if self._pool is not None:
            self._pool.terminate()

    async def row(self, query: str, *args: object) -> asyncpg.Record | None:
        """The first row of one statement. Raises DatabaseError, StatementRefusedError."""
        async with self._connection() as connection:
            return await connection.fetchrow(query, *args, timeout=self._answer_limit_s())

    async def together(self, query: str, asked: list[Asked]) -> list[Any]:
        """One statement for all of `asked` (at least one); parameters and result are arrays.

        Raises DatabaseError, StatementRefusedError.
        """
        found = await self.row(query, *map(list, zip(*asked, strict=True)))
        if found is None:
            raise LookupError(f"no row, not even an empty array: {query}")
        told: list[Any] = found[0]
        return told

    async def rows(self, query: str, *args: object) -> list[asyncpg.Record]:
        """All rows of one statement. Raises DatabaseError, StatementRefusedError."""
        async with self._connection() as connection:
            return list(await connection.fetch(query, *args, timeout=self._answer_limit_s()))

    async def export(self, query: str, chunks: Chunks) -> None:
        """Stream the rows of `query` as CSV under a header line, from one snapshot."""
        limit_s = self._limits.export_timeout_s
        async with self._connection() as connection, connection.transaction(readonly=True):
            await connection.execute(f"set local statement_timeout = {int(limit_s * 1000)}")
            await connection.copy_from_query(
                query, output=chunks, format="csv", header=True, timeout=limit_s
            )

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
            except (DatabaseError, *_LOST, *_GIVEN_UP):
                await asyncio.sleep(_DOWN_MEMORY_S * 2)
            else:
                self._opened = True

    async def _warm_up(self) -> None:
        """Hold `warm` connections at once, so that the pool has made them."""
        async with contextlib.AsyncExitStack() as held:
            for _ in range(min(self._limits.warm, self._limits.size)):
                await held.enter_async_context(self._pooled().acquire())

    def _pooled(self) -> asyncpg.Pool:
        if self._pool is None:
            raise DatabaseDownError("the database has not been reached yet")
        return self._pool

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection for one statement or transaction; translates what goes wrong with it."""
        connection = await self._acquire()
        try:
            yield connection
        except BaseException as error:  # translated below; the connection is released first
            if _is_sound(error):
                await self._pooled().release(connection)
            elif isinstance(error, TimeoutError | asyncio.CancelledError):
                self._cancel_in_background(connection)
            else:
                _terminate(connection)
            raise _meaning(error) from error
        await self._pooled().release(connection)

    def _cancel_in_background(self, connection: asyncpg.Connection) -> None:
        """Let asyncpg cancel the statement on the server without waiting for it."""

        async def cancel() -> None:
            try:
                await self._pooled().release(connection, timeout=self._limits.connect_timeout_s)
            except (*_LOST, *_GIVEN_UP, asyncpg.PostgresError):
                _terminate(connection)

        task = asyncio.create_task(cancel())
        self._cancelling.add(task)
        task.add_done_callback(self._cancelling.discard)

    async def _acquire(self) -> asyncpg.Connection:
        if not self._opened:
            raise DatabaseDownError("the database has not been reached yet")
        limit_s = min(self._limits.acquire_timeout_s, deadlines.left_s())
        if limit_s < _LEAST_S:
            raise DatabaseBusyError("no time left before the caller's deadline")
        pool = self._pooled()
        if pool.get_size() >= pool.get_max_size() and not pool.get_idle_size():
            self._waited()
        try:
            async with asyncio.timeout(limit_s):
                return await pool.acquire()
        except TimeoutError:
            raise DatabaseBusyError("no connection became free in time") from None

    def _answer_limit_s(self) -> float:
        return max(min(self._limits.answer_timeout_s, deadlines.left_s()), _LEAST_S)

    async def _connect(self, *_: object, **__: object) -> asyncpg.Connection:
        """A new connection; the pool passes arguments that we have not given it."""
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


def _terminate(connection: asyncpg.Connection) -> None:
    with contextlib.suppress(asyncpg.InterfaceError):  # it has closed itself already
        connection.terminate()


async def _leave_as_it_is(_: asyncpg.Connection) -> None:
    """Our statements leave nothing behind: asyncpg's reset would be one more round trip."""


def _is_sound(error: BaseException) -> bool:
    """Whether the connection can be used again after this error."""
    answered = isinstance(error, asyncpg.PostgresError)
    lost = isinstance(error, _LOST) and not isinstance(error, _GIVEN_UP)
    return _is_not_encoded(error) or (answered and not lost)


def _is_not_encoded(error: BaseException) -> bool:
    """Whether asyncpg could not encode an argument: it sent nothing."""
    return isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError)


def _meaning(error: BaseException) -> BaseException:
    if isinstance(error, _GIVEN_UP):  # before _LOST: a cancelled query is an "intervention" too
        return DatabaseBusyError(f"the database gave up: {error}")
    if _is_not_encoded(error):  # before _LOST: it is an InterfaceError
        return StatementRefusedError(f"an argument cannot be encoded: {error}")
    if isinstance(error, _LOST):
        return AnswerLostError(f"the database's answer got lost: {error}")
    if isinstance(error, asyncpg.PostgresError):
        return StatementRefusedError(f"{type(error).__name__} {error.sqlstate}: {error}")
    return error
