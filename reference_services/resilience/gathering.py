"""Many ask, few statements run: what is asked while one runs goes together in the next.

A statement costs its server and its client far more than the row that it is about: the way there
and back, two switches of process, a commit on disk. A service that is idle asks at once and for one
only; the busier it is, the more go together, and the less each of them costs.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from reference_services.resilience.database import DatabaseBusyError

Asked = TypeVar("Asked", bound="tuple[Any, ...]")
Told = TypeVar("Told")
Run = Callable[[list[Asked]], Awaitable[list[Told]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatherLimits:
    """At most so many in one statement, and none waits longer for its turn."""

    most: int = 32
    wait_s: float = 0.3


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Asked, Told]):
    asked: Asked
    told: asyncio.Future[Told]
    since_s: float


class Gathering(Generic[Asked, Told]):
    """One statement at a time. All that it holds shares its fate: its outcome or its error.

    `run` gets what was asked in ascending order, so that two processes lock rows in one order, and
    tells as much in the same order. Who is cancelled before its turn is not in the statement.
    """

    def __init__(self, run: Run[Asked, Told], limits: GatherLimits | None = None) -> None:
        self._run, self._limits = run, limits or GatherLimits()
        self._waiting: deque[_Waiting[Asked, Told]] = deque()
        self._turns: asyncio.Task[None] | None = None
        self._expiry: asyncio.TimerHandle | None = None

    async def ask(self, asked: Asked) -> Told:
        """What `run` tells. Raises DatabaseBusyError (never sent), and what `run` raises."""
        loop = asyncio.get_running_loop()
        told: asyncio.Future[Told] = loop.create_future()
        self._waiting.append(_Waiting(asked, told, loop.time()))
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
        finally:
            self._turns = None

    def _next(self) -> list[_Waiting[Asked, Told]]:
        turn: list[_Waiting[Asked, Told]] = []
        while self._waiting and len(turn) < self._limits.most:
            waiting = self._waiting.popleft()
            if not waiting.told.done():
                turn.append(waiting)
        return sorted(turn, key=lambda waiting: waiting.asked)

    async def _tell(self, turn: list[_Waiting[Asked, Told]]) -> None:
        try:
            answers = await self._run([waiting.asked for waiting in turn])
            for waiting, answer in zip(turn, answers, strict=True):
                if not waiting.told.done():
                    waiting.told.set_result(answer)
        except Exception as error:  # noqa: BLE001  # theirs who asked, whatever it is
            for waiting in turn:
                if not waiting.told.done():
                    waiting.told.set_exception(error)

    def _expire(self) -> None:
        now_s = asyncio.get_running_loop().time()
        while self._waiting and now_s >= self._waiting[0].since_s + self._limits.wait_s:
            told = self._waiting.popleft().told
            if not told.done():
                told.set_exception(DatabaseBusyError("no statement took it along in time"))
        self._expiry = None
        if self._waiting:
            due_s = self._waiting[0].since_s + self._limits.wait_s
            self._expiry = asyncio.get_running_loop().call_at(due_s, self._expire)
