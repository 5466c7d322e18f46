"""The pool against a real PostgreSQL: errors say correctly whether a statement was executed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import asyncpg
import pytest

from reference_services.chassis import deadlines
from reference_services.chassis.database import (
    AnswerLostError,
    Database,
    DatabaseBusyError,
    DatabaseDownError,
    DatabaseError,
    StatementRefusedError,
)
from reference_services.chassis.pool_limits import PoolLimits
from tests.support.postgres_server import PostgresServer, free_port
from tests.support.services_waiting import opened, until

pytestmark = pytest.mark.anyio
LIMITS = PoolLimits(size=2, acquire_timeout_s=0.05, statement_timeout_s=0.3, answer_timeout_s=0.6)
RAISE = "do $$ begin raise exception using errcode = '{}'; end $$"


async def nothing(connection: asyncpg.Connection) -> None:
    del connection


@pytest.fixture
async def database(postgres: PostgresServer) -> AsyncIterator[Database]:
    made = await opened(Database(postgres.database("pool"), LIMITS, nothing))
    yield made
    await made.stop()


async def test_what_is_asked_together_is_told_in_the_same_order(database: Database) -> None:
    each = """select array(select word || n from unnest($1::text[], $2::int[])
                           with ordinality as asked (word, n, place) order by place)"""
    assert await database.together(each, [("b", 2), ("a", 1), ("b", 2)]) == ["b2", "a1", "b2"]


async def test_a_statement_that_tells_nothing_of_what_was_asked_is_a_mistake(
    database: Database,
) -> None:
    with pytest.raises(LookupError, match="no row"):
        await database.together("select $1::text[] where false", [("a",)])
    assert await database.row("select 1") is not None


@pytest.mark.parametrize("code", ["40001", "40P01", "55P03", "53300"])
async def test_a_statement_that_the_server_gave_up_has_changed_nothing(
    database: Database, code: str
) -> None:
    with pytest.raises(DatabaseBusyError):
        await database.row(RAISE.format(code))
    assert await database.row("select 1") is not None


async def test_a_statement_that_takes_too_long_is_given_up_by_the_server(
    database: Database,
) -> None:
    with pytest.raises(DatabaseBusyError):
        await database.row("select pg_sleep(5)")


async def test_whoever_is_ready_has_its_connections_already(database: Database) -> None:
    others = "select count(*) from pg_stat_activity where datname = current_database()"
    found = await database.row(others)
    assert found is not None
    assert found[0] == LIMITS.size


async def test_a_statement_refused_for_its_content_is_not_reported_as_an_outage(
    database: Database,
) -> None:
    with pytest.raises(StatementRefusedError) as refused:
        await database.row("select * from nowhere")
    assert not isinstance(refused.value, DatabaseError)
    assert isinstance(refused.value.__cause__, asyncpg.UndefinedTableError)
    assert await database.row("select 1") is not None


@pytest.mark.parametrize("value", ["a\0b", "\ud800", 5])
async def test_an_argument_that_cannot_be_encoded_is_refused_and_its_connection_stays(
    database: Database, value: object
) -> None:
    """Nothing is lost by it: a caller could otherwise take every connection from the others."""
    me = "select pg_backend_pid()"
    pids = {str(await database.row(me)) for _ in range(2)}
    with pytest.raises(StatementRefusedError):
        await database.row("select $1::text", value)
    assert {str(await database.row(me)) for _ in range(2)} == pids


async def test_a_statement_ends_with_the_deadline_of_its_caller_on_the_server_too(
    postgres: PostgresServer,
) -> None:
    patient = PoolLimits(size=2, statement_timeout_s=20, answer_timeout_s=20)
    database = await opened(Database(postgres.database("patient"), patient, nothing))
    running = """select count(*) from pg_stat_activity
                 where query = 'select pg_sleep(7)' and state = 'active'"""

    async def slow() -> None:
        deadlines.CURRENT_S.set(time.monotonic() + 0.1)
        await database.row("select pg_sleep(7)")

    with pytest.raises((AnswerLostError, DatabaseBusyError)):
        await asyncio.create_task(slow())

    async def ended() -> bool:
        row = await database.row(running)
        return row is not None and row[0] == 0

    await until(ended, 2.0)
    await database.stop()


async def test_a_statement_whose_caller_waits_no_longer_is_not_sent(database: Database) -> None:
    async def late() -> None:
        deadlines.CURRENT_S.set(time.monotonic() - 1)
        await database.row("create table never (n int)")

    with pytest.raises(DatabaseBusyError):
        await asyncio.create_task(late())
    row = await database.row("select to_regclass('never')")
    assert row is not None
    assert row[0] is None


async def test_a_connection_that_dies_under_a_statement_leaves_its_outcome_open(
    database: Database,
) -> None:
    with pytest.raises(AnswerLostError):
        await database.row("select pg_terminate_backend(pg_backend_pid())")
    assert await database.row("select 1") is not None


async def test_who_finds_no_connection_free_learns_it_soon_and_no_permit_is_lost(
    database: Database,
) -> None:
    calls = [database.row("select pg_sleep(0.2)") for _ in range(6)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(result, DatabaseBusyError) for result in results) == 4
    again = await asyncio.gather(*(database.row("select 1") for _ in range(2)))
    assert None not in again


async def test_a_cancelled_statement_takes_its_connection_along(database: Database) -> None:
    for _ in range(4):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await database.row("select pg_sleep(0.2)")
    row = await database.row("select 7 as answer")
    assert row is not None
    assert row["answer"] == 7


async def test_a_database_that_is_not_there_is_known_at_once() -> None:
    database = Database(f"postgresql://app@127.0.0.1:{free_port()}/x", LIMITS, nothing)
    await database.start()
    async with asyncio.timeout(0.5):
        with pytest.raises(DatabaseDownError):
            await database.row("select 1")
    assert "not been reached" in await database.ready()
    await database.stop()


async def test_it_serves_again_as_soon_as_the_database_does(
    database: Database, postgres: PostgresServer
) -> None:
    postgres.kill()
    try:
        assert await database.ready() != ""
    finally:
        postgres.start()

    async def ready() -> bool:
        return not await database.ready()

    await until(ready, 1.0)
    assert await database.row("select 1") is not None
