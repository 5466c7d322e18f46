"""The caller's remaining time bounds what ledger and bank do for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.postgres_server import PostgresServer
from tests.support.services_in_process import (
    CHARGE,
    HOLD,
    bank,
    body_of,
    is_refused,
    ledger,
    version,
)
from tests.support.services_waiting import until

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def ledger_url(postgres: PostgresServer) -> str:
    return postgres.database("late_ledger")


@pytest.mark.parametrize("text", ["", "-1", "1.5", "x", "\u0663", "600001", "9" * 400, "1, 2"])
async def test_a_timeout_header_that_is_no_number_in_range_is_refused(
    text: str, tmp_path: Path
) -> None:
    async with bank(tmp_path) as client:
        headers = {b"Request-Timeout-Ms": text.encode()}
        answer = await client.post("/v1/charges", content=body_of(CHARGE), headers=headers)
    assert is_refused(answer)


async def test_a_request_whose_caller_waits_no_longer_is_refused_before_any_work(
    ledger_url: str, tmp_path: Path
) -> None:
    headers = {"Request-Timeout-Ms": "0"}
    late = HOLD | {"payment_id": "late"}
    async with ledger(ledger_url) as one, bank(tmp_path) as two:
        before = await version(one, "/evidence/entries")
        answers = [
            await one.post("/v1/holds", content=body_of(late), headers=headers),
            await two.post("/v1/charges", content=body_of(CHARGE), headers=headers),
        ]
        assert await version(one, "/evidence/entries") == before
        assert await version(two, "/evidence/charges") == "0"
    assert [answer.status_code for answer in answers] == [503] * 2
    assert {answer.headers["not-processed"] for answer in answers} == {"true"}


async def test_the_bank_makes_no_charge_that_it_cannot_answer_in_time(tmp_path: Path) -> None:
    async with bank(tmp_path) as client:
        headers = {"Request-Timeout-Ms": "2"}  # it thinks for 3 ms
        answer = await client.post("/v1/charges", content=body_of(CHARGE), headers=headers)
        assert (answer.status_code, answer.headers["not-processed"]) == (503, "true")
        assert await version(client, "/evidence/charges") == "0"


async def test_a_locked_account_keeps_a_caller_no_longer_than_its_own_timeout(
    ledger_url: str, postgres: PostgresServer
) -> None:
    async with ledger(ledger_url) as client:
        lock = asyncio.to_thread(
            postgres.psql,
            "late_ledger",
            "begin; lock table accounts; select pg_sleep(1.5); rollback",
        )
        locking = asyncio.create_task(lock)

        async def blocked() -> bool:
            held = "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and granted"
            return postgres.psql("late_ledger", held) != "0"

        await until(blocked, 2.0)
        body = body_of(HOLD | {"payment_id": "blocked"})
        answer = await client.post("/v1/holds", content=body, headers={"Request-Timeout-Ms": "150"})
        assert answer.status_code == 503
        assert answer.json()["title"] == "database answer lost"  # not the lock timeout of 0.5 s
        await locking
