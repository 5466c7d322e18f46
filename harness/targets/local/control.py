"""The control socket: one JSON line a request, one an answer; no request can end the supervisor."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import msgspec

from harness.errors import RefusedError
from harness.targets.local.protocol import LINE_BYTES_MAX, Answer, Request

Handler = Callable[[Request], Awaitable[Answer]]
REQUEST_LIMIT_S: Final = 12.0
IDLE_LIMIT_S: Final = 60.0
CONNECTIONS_MAX: Final = 64
_ASK_LIMIT_S: Final = 1.0
_LOG: Final = logging.getLogger(__name__)


class ControlServer:
    """Serves `path`, which its owner alone may open (0600)."""

    def __init__(self, path: Path, handle: Handler) -> None:
        self._path, self._handle = path, handle
        self._server: asyncio.Server | None = None
        self._open = 0

    async def open(self) -> None:
        """Begin to serve. Raises RefusedError if another supervisor does so already."""
        refuse_second(self._path)
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(
            self._converse, str(self._path), limit=LINE_BYTES_MAX
        )
        self._narrow()

    async def close(self) -> None:
        """End serving; the socket's absence says that the system is down."""
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)

    def _narrow(self) -> None:
        # Other users cannot connect before either: the state folder is private.
        self._path.chmod(0o600)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open > CONNECTIONS_MAX:
                return
            while line := await asyncio.wait_for(reader.readline(), IDLE_LIMIT_S):
                writer.write(msgspec.json.encode(await self._answer(line)) + b"\n")
                await writer.drain()
        except (OSError, TimeoutError, ValueError):
            pass  # it hung up, fell silent, or sent a line without end
        finally:
            self._open -= 1
            writer.close()

    async def _answer(self, line: bytes) -> Answer:
        try:
            request = msgspec.json.decode(line, type=Request)
            return await asyncio.wait_for(self._handle(request), REQUEST_LIMIT_S)
        except msgspec.MsgspecError as error:
            return Answer(trouble="target", error=f"the request is not understood: {error}")
        except TimeoutError:
            return Answer(trouble="target", error=f"no answer within {REQUEST_LIMIT_S:g} s")
        except Exception as error:  # noqa: BLE001  # the process's edge: a bad request must not end the system
            _LOG.exception("a request failed: %r", line)
            return Answer(trouble="target", error=f"the supervisor failed: {error!r}")


def refuse_second(path: Path) -> None:
    """Raise RefusedError if somebody serves that socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_ASK_LIMIT_S)
        try:
            probe.connect(str(path))
        except OSError:
            return
    raise RefusedError(f"{path}: a system is up already; `squall services down` ends it")
