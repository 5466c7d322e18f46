"""Calls that arrive while a statement runs share the next statement and its outcome."""

from __future__ import annotations

import asyncio
import time

import pytest
from anyio.lowlevel import checkpoint

from reference_services.chassis import deadlines
from reference_services.chassis.batching import Batching, BatchLimits
from reference_services.chassis.database import (
    AnswerLostError,
    DatabaseBusyError,
    StatementRefusedError,
)

pytestmark = pytest.mark.anyio
Asked = tuple[int, str]


class Statements:
    """Runs one at a time, each when its gate is opened; tells each asker its number back."""

    def __init__(self) -> None:
        self.seen: list[list[int]] = []
        self.gate = asyncio.Semaphore(0)
        self.fails: BaseException | None = None
        self.poison: set[int] = set()
        self.at_once = self.most_at_once = 0

    async def run(self, asked: list[Asked]) -> list[int]:
        self.seen.append([number for number, _ in asked])
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.gate.acquire()
        self.at_once -= 1
        if self.fails is not None:
            raise self.fails
        if self.poison & {n for n, _ in asked}:
            raise StatementRefusedError("content")
        return self.seen[-1]


async def turns(count: int = 5) -> None:
    """Let everything that can go on do so."""
    for _ in range(count):
        await checkpoint()


def asks(batching: Batching[Asked, int], *numbers: int) -> list[asyncio.Task[int]]:
    return [asyncio.create_task(batching.ask((number, ""))) for number in numbers]


async def test_who_asks_an_idle_one_is_not_kept_waiting() -> None:
    statements = Statements()
    asked = asks(Batching(statements.run), 1)
    await turns()
    assert statements.seen == [[1]]
    statements.gate.release()
    assert await asyncio.gather(*asked) == [1]


async def test_what_comes_meanwhile_goes_together_sorted_and_each_hears_its_own() -> None:
    statements = Statements()
    batching: Batching[Asked, int] = Batching(statements.run)
    asked = asks(batching, 1)
    await turns()
    asked += asks(batching, 4, 2, 3)
    await turns()
    assert statements.seen == [[1]]
    for _ in range(2):
        statements.gate.release()
    assert await asyncio.gather(*asked) == [1, 4, 2, 3]
    assert statements.seen == [[1], [2, 3, 4]]


async def test_there_is_one_statement_at_a_time_with_so_many_and_no_more() -> None:
    statements = Statements()
    batching: Batching[Asked, int] = Batching(statements.run, BatchLimits(most=4))
    asked = asks(batching, *range(30))
    for _ in range(30):
        statements.gate.release()
    assert await asyncio.gather(*asked) == list(range(30))
    assert statements.most_at_once == 1
    assert max(map(len, statements.seen)) == 4


async def test_an_error_is_told_to_all_in_the_statement_and_to_nobody_else() -> None:
    statements = Statements()
    batching: Batching[Asked, int] = Batching(statements.run, BatchLimits(most=2))
    asked = asks(batching, 1, 2, 3)
    await turns()
    statements.fails = AnswerLostError("cut")
    statements.gate.release()
    await turns()
    statements.fails = None
    statements.gate.release()
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in told] == [AnswerLostError, AnswerLostError, int]


async def test_a_statement_that_tells_too_little_leaves_nobody_waiting() -> None:
    async def run(asked: list[Asked]) -> list[int]:
        return [number for number, _ in asked][:-1]

    told = await asyncio.gather(*asks(Batching(run), 1, 2), return_exceptions=True)
    assert [type(one) for one in told] == [int, ValueError]


async def test_who_waits_too_long_for_a_turn_learns_that_nothing_was_sent() -> None:
    statements = Statements()
    batching: Batching[Asked, int] = Batching(statements.run, BatchLimits(wait_s=0.02))
    first = asks(batching, 1)
    await turns()
    late = await asyncio.gather(*asks(batching, 2, 3), return_exceptions=True)
    assert [type(one) for one in late] == [DatabaseBusyError] * 2
    statements.gate.release()
    assert await first[0] == 1
    assert statements.seen == [[1]]


async def test_who_gives_up_before_the_turn_is_not_sent_and_after_it_spoils_nothing() -> None:
    statements = Statements()
    batching: Batching[Asked, int] = Batching(statements.run)
    asked = asks(batching, 1, 2)
    await turns()
    asked += asks(batching, 3, 4)
    await turns()
    asked[0].cancel()
    asked[2].cancel()
    await turns()
    for _ in range(2):
        statements.gate.release()
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in told] == [asyncio.CancelledError, int] * 2
    assert statements.seen == [[1, 2], [4]]


async def test_a_statement_refused_for_its_content_fails_only_the_call_with_that_content() -> None:
    statements = Statements()
    statements.poison = {3}
    batching: Batching[Asked, int] = Batching(statements.run)
    asked = asks(batching, 1)
    await turns()
    asked += asks(batching, 2, 3, 4)
    for _ in range(5):
        statements.gate.release()
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in told] == [int, int, StatementRefusedError, int]
    assert statements.seen == [[1], [2, 3, 4], [2], [3], [4]]


async def test_a_connection_lost_while_repeating_one_by_one_is_told_to_that_call_alone() -> None:
    statements = Statements()
    statements.poison = {2}
    batching: Batching[Asked, int] = Batching(statements.run)
    asked = asks(batching, 1, 2)
    statements.gate.release()
    await turns(10)
    statements.fails = AnswerLostError("cut")
    statements.gate.release()
    await turns(10)
    statements.fails = None
    statements.gate.release()
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in told] == [AnswerLostError, StatementRefusedError]


async def test_calls_that_give_up_while_others_are_repeated_are_not_sent_again() -> None:
    statements = Statements()
    statements.poison = {1}
    batching: Batching[Asked, int] = Batching(statements.run)
    asked = asks(batching, 1, 2, 3)
    await turns()
    asked[1].cancel()
    for _ in range(3):
        statements.gate.release()
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in told] == [StatementRefusedError, asyncio.CancelledError, int]
    assert statements.seen == [[1, 2, 3], [1], [3]]


@pytest.mark.parametrize("cancelled", [(0,), (0, 1, 2)])
async def test_callers_cancelled_inside_a_statement_leave_no_other_caller_waiting(
    cancelled: tuple[int, ...],
) -> None:
    statements = Statements()
    batching: Batching[Asked, int] = Batching(statements.run)
    asked = asks(batching, 1, 2, 3)
    await turns()
    for place in cancelled:
        asked[place].cancel()
    asked += asks(batching, 4)
    for _ in range(2):
        statements.gate.release()
    async with asyncio.timeout(1):
        told = await asyncio.gather(*asked, return_exceptions=True)
    assert [place for place in range(4) if isinstance(told[place], BaseException)] == [*cancelled]


async def test_a_statement_that_is_cancelled_itself_is_told_to_all_who_wait() -> None:
    statements = Statements()
    batching: Batching[Asked, int] = Batching(statements.run, BatchLimits(most=2))
    asked = asks(batching, 1, 2, 3)
    await turns()
    statements.fails = asyncio.CancelledError()
    statements.gate.release()
    async with asyncio.timeout(1):
        told = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in told] == [AnswerLostError, AnswerLostError, DatabaseBusyError]
    statements.fails = None
    statements.gate.release()
    assert await asks(batching, 5)[0] == 5


async def test_calls_that_cannot_be_sorted_are_told_so_and_leave_nobody_waiting() -> None:
    statements = Statements()
    batching: Batching[tuple[object, ...], int] = Batching(statements.run)  # type: ignore[arg-type]  # wrong on purpose
    both = (batching.ask((1, "a")), batching.ask(("b", "a")))
    async with asyncio.timeout(1):
        told = await asyncio.gather(*both, return_exceptions=True)
    assert [type(one) for one in told] == [TypeError, TypeError]


async def test_a_call_whose_deadline_passes_in_the_queue_is_not_in_the_statement() -> None:
    statements = Statements()
    batching: Batching[Asked, int] = Batching(statements.run)

    async def late() -> int:
        deadlines.CURRENT_S.set(time.monotonic() - 0.001)
        return await batching.ask((2, ""))

    asked = asks(batching, 1)
    await turns()
    asked += [asyncio.create_task(late()), *asks(batching, 3)]
    await turns()
    for _ in range(2):
        statements.gate.release()
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in told] == [int, DatabaseBusyError, int]
    assert statements.seen == [[1], [3]]


async def test_a_statement_gets_the_latest_deadline_of_its_calls() -> None:
    seen: list[float] = []

    async def run(asked: list[Asked]) -> list[int]:
        seen.append(deadlines.CURRENT_S.get())
        return [number for number, _ in asked]

    batching: Batching[Asked, int] = Batching(run)
    now_s = time.monotonic()

    async def ask(left_s: float) -> int:
        deadlines.CURRENT_S.set(now_s + left_s)
        return await batching.ask((1, ""))

    await asyncio.gather(ask(100), ask(200))
    await ask(50)
    assert seen == [now_s + 200, now_s + 50]
