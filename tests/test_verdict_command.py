"""`squall verdict serve` as a process: loopback by default, a token beyond it."""

from __future__ import annotations

import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.support.free_port import free_port
from tests.support.runs_builder import sound_run
from tests.support.typed import command_of


def started(*words: str) -> subprocess.Popen[str]:
    command = command_of("verdict", "serve", *words)
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_run_is_served_until_the_process_is_stopped(tmp_path: Path) -> None:
    run, port = sound_run().write(tmp_path / "run"), free_port()
    server = started(str(run.root), "--port", str(port))
    assert server.stderr is not None
    assert f"http://127.0.0.1:{port}/verdict" in server.stderr.readline()
    told = answer(port)
    server.send_signal(signal.SIGTERM)
    server.communicate(timeout=20)
    assert (told["verdict"], told["schema"]) == ("PASS", 1)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::ffff:1.2.3.4.5", "no host"])
def test_an_address_that_cannot_be_had_ends_with_code_two(host: str, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        words = ("--host", host, "--port", port, "--token-file", str(token))
        server = started(str(tmp_path), *words)
        _, said = server.communicate(timeout=30)
    assert server.returncode == 2, said
    assert "cannot be listened at" in said
    assert "http://" not in said


def answer(port: int) -> dict[str, object]:
    """The server listens soon after it said so."""
    import httpx  # noqa: PLC0415  # its retries of connecting are enough

    transport = httpx.HTTPTransport(retries=8)
    with httpx.Client(transport=transport, timeout=20) as client:
        return dict(client.get(f"http://127.0.0.1:{port}/verdict").json())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--host", "0.0.0.0"), "give --token-file FILE"),  # noqa: S104  # that is refused
        (("--token-file", "/nowhere"), "cannot be read"),
        (("--token-file", "/dev/null"), "is not a regular file"),
        (("--token-file", "{empty}"), "holds no token"),
    ],
)
def test_a_server_that_others_can_reach_needs_a_token(
    words: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    server = started(str(tmp_path), *[word.format(empty=empty) for word in words])
    _, said = server.communicate(timeout=30)
    assert server.returncode == 2
    assert told in said
