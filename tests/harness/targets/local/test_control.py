"""The control socket takes anything and answers in one line."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from harness.errors import RefusedError, TargetError
from harness.targets.local.control import ControlServer
from harness.targets.local.protocol import Answer, Request
from harness.targets.local.target import LocalTarget


@pytest.fixture
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sq-") as folder:
        yield Path(folder) / "target.sock"


async def obliging(request: Request) -> Answer:
    if request.op == "kill":
        raise ZeroDivisionError("a bug")
    return Answer()


def act(path: Path, play: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        server = ControlServer(path, obliging)
        await server.open()
        try:
            await play()
        finally:
            await server.close()

    asyncio.run(whole())


def say(path: Path, *lines: bytes) -> list[Answer]:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(5)
        line.connect(str(path))
        with line.makefile("rwb") as stream:
            answers = []
            for text in lines:
                stream.write(text + b"\n")
                stream.flush()
                answers.append(msgspec.json.decode(stream.readline(), type=Answer))
    return answers


def test_survives_bad_requests_on_one_connection(path: Path) -> None:
    async def play() -> None:
        lines = (b"", b"rubbish", b'{"op":"dance"}', b'{"op":"edges","wrong":1}')
        *bad, good = await asyncio.to_thread(say, path, *lines, b'{"op":"edges"}')
        assert all("not understood" in answer.error for answer in bad)
        assert good == Answer()

    act(path, play)


def test_a_bug_in_one_request_is_its_answer_and_no_more(path: Path) -> None:
    async def play() -> None:
        lines = (b'{"op":"kill","resource":"x"}', b'{"op":"edges"}')
        bad, good = await asyncio.to_thread(say, path, *lines)
        assert "a bug" in bad.error
        assert good == Answer()

    act(path, play)


def test_a_second_supervisor_is_refused_and_a_stale_socket_is_not(path: Path) -> None:
    async def play() -> None:
        with pytest.raises(RefusedError, match="up already"):
            await ControlServer(path, obliging).open()

    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    act(path, play)
    assert not path.exists()


def test_only_its_owner_may_enter(path: Path) -> None:
    async def play() -> None:
        found = await asyncio.to_thread(path.stat)
        assert found.st_mode & 0o777 == 0o600

    act(path, play)


def test_a_client_without_a_supervisor_says_so(path: Path) -> None:
    with pytest.raises(TargetError, match="does not answer"):
        LocalTarget(path).instances()


def test_a_client_does_not_wait_for_ever(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(path))
        deaf.listen()
        with pytest.raises(TargetError, match="does not answer"):
            LocalTarget(path, limit_s=0.05).edges()
