"""The database of a cluster: made once, kept by the next start, closed without the password."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from reference_services.chassis.errors import SettingsError
from reference_services.postgres.settings import read
from tests.support.free_port import free_port
from tests.support.target_waiting import until

GOOD = {
    "PORT": "5432",
    "DATA_DIR": "/volume/pg",
    "SOCKET_DIR": "/run/pg",
    "DATABASES": "ledger payments",
    "PGPASSWORD": "a-test-s-own",
}


@pytest.mark.parametrize(
    ("name", "value"),
    [("DATABASES", "ledger Payments;"), ("DATABASES", ""), ("PORT", "pg"), ("PGPASSWORD", "")],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read({**GOOD, name: value})


def test_the_data_outlives_the_server_and_the_password_is_asked_for(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, port):
        until(lambda: told(port, "create table kept (n int); insert into kept values (7)"))
        assert told(port, "select 1", "wrong") == ""
    with running(tmp_path, port):
        until(lambda: told(port, "select n from kept") == "SELECT 1")


def told(port: int, statement: str, password: str = GOOD["PGPASSWORD"]) -> str:
    """The command's status in the database `ledger`, "" if it cannot be asked."""

    async def ask() -> str:
        address = f"postgresql://app@127.0.0.1:{port}/ledger"
        connection = await asyncpg.connect(address, password=password, timeout=2)
        try:
            return str(await connection.execute(statement))
        finally:
            await connection.close()

    try:
        return asyncio.run(ask())
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return ""


@contextmanager
def running(folder: Path, port: int) -> Iterator[None]:
    mine = {"PORT": str(port), "DATA_DIR": str(folder / "pg"), "SOCKET_DIR": str(folder)}
    # PostgreSQL refuses root: a namespace in which nobody is root.
    words = ["unshare", "-U"] if os.geteuid() == 0 else []
    words += [sys.executable, "-m", "reference_services.postgres.app"]
    server = subprocess.Popen(words, env={**os.environ, **GOOD, **mine})
    try:
        yield
    finally:
        server.send_signal(2)
        assert server.wait(20) == 0
