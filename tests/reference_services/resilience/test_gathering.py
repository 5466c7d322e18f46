"""What is asked while a statement runs goes together in the next, and shares its fate."""

from __future__ import annotations

import asyncio

import pytest
from anyio.lowlevel import checkpoint

from reference_services.resilience.database import AnswerLostError, DatabaseBusyError
from reference_services.resilience.gathering import Gathering, GatherLimits

pytestmark = pytest.mark.anyio
Asked = tuple[int, str]


class Statements:
    """Runs one at a time, each when its gate is opened; tells each asker its number back."""

    def __init__(self) -> None:
        self.seen: list[list[int]] = []
        self.gate = asyncio.Semaphore(0)
        self.fails: Exception | None = None
        self.at_once = self.most_at_once = 0

    async def run(self, asked: list[Asked]) -> list[int]:
        self.seen.append([number for number, _ in asked])
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.gate.acquire()
        self.at_once -= 1
        if self.fails is not None:
            raise self.fails
        return self.seen[-1]


async def turns(count: int = 5) -> None:
    """Let everything that can go on do so."""
    for _ in range(count):
        await checkpoint()


def asks(gathering: Gathering[Asked, int], *numbers: int) -> list[asyncio.Task[int]]:
    return [asyncio.create_task(gathering.ask((number, ""))) for number in numbers]


async def test_who_asks_an_idle_one_is_not_kept_waiting() -> None:
    statements = Statements()
    asked = asks(Gathering(statements.run), 1)
    await turns()
    assert statements.seen == [[1]]
    statements.gate.release()
    assert await asyncio.gather(*asked) == [1]


async def test_what_comes_meanwhile_goes_together_sorted_and_each_hears_its_own() -> None:
    statements = Statements()
    gathering: Gathering[Asked, int] = Gathering(statements.run)
    asked = asks(gathering, 1)
    await turns()
    asked += asks(gathering, 4, 2, 3)
    await turns()
    assert statements.seen == [[1]]
    for _ in range(2):
        statements.gate.release()
    assert await asyncio.gather(*asked) == [1, 4, 2, 3]
    assert statements.seen == [[1], [2, 3, 4]]


async def test_there_is_one_statement_at_a_time_with_so_many_and_no_more() -> None:
    statements = Statements()
    gathering: Gathering[Asked, int] = Gathering(statements.run, GatherLimits(most=4))
    asked = asks(gathering, *range(30))
    for _ in range(30):
        statements.gate.release()
    assert await asyncio.gather(*asked) == list(range(30))
    assert statements.most_at_once == 1
    assert max(map(len, statements.seen)) == 4


async def test_an_error_is_told_to_all_in_the_statement_and_to_nobody_else() -> None:
    statements = Statements()
    gathering: Gathering[Asked, int] = Gathering(statements.run, GatherLimits(most=2))
    asked = asks(gathering, 1, 2, 3)
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

    told = await asyncio.gather(*asks(Gathering(run), 1, 2), return_exceptions=True)
    assert [type(one) for one in told] == [int, ValueError]


async def test_who_waits_too_long_for_a_turn_learns_that_nothing_was_sent() -> None:
    statements = Statements()
    gathering: Gathering[Asked, int] = Gathering(statements.run, GatherLimits(wait_s=0.02))
    first = asks(gathering, 1)
    await turns()
    late = await asyncio.gather(*asks(gathering, 2, 3), return_exceptions=True)
    assert [type(one) for one in late] == [DatabaseBusyError] * 2
    statements.gate.release()
    assert await first[0] == 1
    assert statements.seen == [[1]]


async def test_who_gives_up_before_the_turn_is_not_sent_and_after_it_spoils_nothing() -> None:
    statements = Statements()
    gathering: Gathering[Asked, int] = Gathering(statements.run)
    asked = asks(gathering, 1, 2)
    await turns()
    asked += asks(gathering, 3, 4)
    await turns()
    asked[0].cancel()
    asked[2].cancel()
    await turns()
    for _ in range(2):
        statements.gate.release()
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in told] == [asyncio.CancelledError, int] * 2
    assert statements.seen == [[1, 2], [4]]
