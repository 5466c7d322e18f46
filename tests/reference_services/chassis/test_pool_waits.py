"""A statement that finds every connection in use is counted, and no other."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from reference_services.chassis.database import Database
from reference_services.chassis.errors import SettingsError
from reference_services.chassis.pool_limits import POOL_SIZE, PoolLimits
from reference_services.ledger import settings
from tests.support.postgres_server import PostgresServer
from tests.support.services_waiting import opened

pytestmark = pytest.mark.anyio
NEEDED = {"PORT": "0", "DATABASE_URL": "postgresql://app@127.0.0.1/ledger"}


async def nothing(connection: asyncpg.Connection) -> None:
    del connection


async def test_waits_for_a_connection_are_counted(postgres: PostgresServer) -> None:
    waits: list[int] = []
    limits = PoolLimits(size=2, acquire_timeout_s=5)
    made = Database(postgres.database("waits"), limits, nothing, lambda: waits.append(1))
    database = await opened(made)
    await database.row("select 1")
    assert waits == []
    await asyncio.gather(*(database.row("select pg_sleep(0.05)") for _ in range(5)))
    assert len(waits) == 3
    await database.stop()


def test_the_size_of_the_pool_is_read_from_the_environment() -> None:
    assert settings.read(NEEDED).pool_size == PoolLimits().size
    assert settings.read({**NEEDED, POOL_SIZE: "16"}).pool_size == 16


@pytest.mark.parametrize("text", ["0", "-1", "4.5", "many", "1001", "", "\uff19", "1" * 400])
def test_a_size_that_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"POOL_SIZE: .* write 1 to 1000"):
        settings.read({**NEEDED, POOL_SIZE: text})
