"""Batching (group commit): calls that arrive while a statement runs share the next statement.

Most of a statement's cost does not depend on its rows: the round trip, two process switches, a
commit on disk. An idle service runs a statement at once for one call; under load more calls share
one. If a statement is refused for its content, its calls are repeated one by one, so that only the
call with that content fails.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from reference_services.chassis import deadlines
from reference_services.chassis.database import (
    AnswerLostError,
    DatabaseBusyError,
    StatementRefusedError,
)

Asked = TypeVar("Asked", bound="tuple[Any, ...]")
Told = TypeVar("Told")
Run = Callable[[list[Asked]], Awaitable[list[Told]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLimits:
    """`most` calls in one statement; a call waits at most `wait_s` for a statement."""

    most: int = 32
    wait_s: float = 0.3


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Asked, Told]):
    asked: Asked
    told: asyncio.Future[Told]
    expires_s: float
    deadline_s: float


class Batching(Generic[Asked, Told]):
    """One statement at a time; `run` gets the calls sorted, and answers in the same order.

    Sorted, so that two processes lock rows in one order. A call that is cancelled, or whose
    deadline passes, before its statement begins is not in the statement. A statement may take
    until the latest deadline of its calls.
    """

    def __init__(self, run: Run[Asked, Told], limits: BatchLimits | None = None) -> None:
        self._run, self._limits = run, limits or BatchLimits()
        self._waiting: deque[_Waiting[Asked, Told]] = deque()
        self._turns: asyncio.Task[None] | None = None
        self._expiry: asyncio.TimerHandle | None = None

    async def ask(self, asked: Asked) -> Told:
        """The answer of `run`. Raises DatabaseBusyError (never sent) and what `run` raises."""
        loop = asyncio.get_running_loop()
        told: asyncio.Future[Told] = loop.create_future()
        expires_s = loop.time() + self._limits.wait_s
        self._waiting.append(_Waiting(asked, told, expires_s, deadlines.CURRENT_S.get()))
        if self._turns is None:
            self._turns = loop.create_task(self._take_turns())
        elif self._expiry is None:
            self._expiry = loop.call_later(self._limits.wait_s, self._expire)
        return await told

    async def _take_turns(self) -> None:
        try:
            while self._waiting:
                turn = self._next()
                if turn:
                    await self._tell(turn)
        except BaseException:  # cancelled: the event loop is closing; every caller gets an error
            self._refuse_waiting()
            raise
        finally:
            self._turns = None

    def _next(self) -> list[_Waiting[Asked, Told]]:
        turn: list[_Waiting[Asked, Told]] = []
        now_s = time.monotonic()
        while self._waiting and len(turn) < self._limits.most:
            waiting = self._waiting.popleft()
            if waiting.told.done():
                continue
            if waiting.deadline_s <= now_s:
                waiting.told.set_exception(DatabaseBusyError("its deadline passed in the queue"))
                continue
            turn.append(waiting)
        return turn

    async def _tell(self, turn: list[_Waiting[Asked, Told]]) -> None:
        """Run one statement for the turn; every caller gets an answer or an error."""
        try:
            turn.sort(key=lambda waiting: waiting.asked)
            deadlines.CURRENT_S.set(max(waiting.deadline_s for waiting in turn))
            answers = await self._run([waiting.asked for waiting in turn])
            for waiting, answer in zip(turn, answers, strict=True):
                if not waiting.told.done():
                    waiting.told.set_result(answer)
        except StatementRefusedError as error:
            if len(turn) == 1:
                _fail(turn, error)
            else:
                await self._tell_one_by_one(turn)
        except Exception as error:  # noqa: BLE001  # the callers', whatever it is
            _fail(turn, error)
        except BaseException:  # cancelled under the statement: it may have been committed
            _fail(turn, AnswerLostError("the statement was cancelled"))
            raise

    async def _tell_one_by_one(self, turn: list[_Waiting[Asked, Told]]) -> None:
        try:
            while turn:
                waiting = turn.pop(0)
                if not waiting.told.done():
                    await self._tell([waiting])
        except BaseException:  # cancelled: the calls that remain have not been sent again
            _fail(turn, DatabaseBusyError("the statement was cancelled before it was sent"))
            raise

    def _refuse_waiting(self) -> None:
        _fail(self._waiting, DatabaseBusyError("the service stops: the statement was not sent"))
        self._waiting.clear()

    def _expire(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting and loop.time() >= self._waiting[0].expires_s:
            told = self._waiting.popleft().told
            if not told.done():
                told.set_exception(DatabaseBusyError("no statement took it along in time"))
        self._expiry = None
        if self._waiting:
            self._expiry = loop.call_at(self._waiting[0].expires_s, self._expire)


def _fail(calls: Iterable[_Waiting[Asked, Told]], error: Exception) -> None:
    for waiting in calls:
        if not waiting.told.done():
            waiting.told.set_exception(error)
