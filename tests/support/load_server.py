"""A small real payment server on loopback that counts keys, and can freeze, refuse or hang up."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections import Counter
from types import TracebackType
from typing import Self

_TROUBLES = {"hang up": 0, "untouched": 503, "broken": 500, "later": 202}


class LoadServer:
    """Runs its own event loop in a thread; `with LoadServer() as server:`.

    `answers` are (status, extra headers) for the coming payments, then it captures each of them.
    The answer "hang up" closes the connection after the payment was taken.
    """

    def __init__(self, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self._host, self._tls = host, tls
        self.authorizations: set[str] = set()
        self.keys: Counter[str] = Counter()
        self.bodies: dict[str, set[bytes]] = {}
        self.asked: Counter[str] = Counter()
        self.connections = 0
        self.answered = 0
        self.trouble: dict[str, int] = {}
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._open.set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, self._host, 0, backlog=2048, ssl=self._tls),
            self._loop,
        ).result(5)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    @property
    def url(self) -> str:
        """Where it listens."""
        port = self._server.sockets[0].getsockname()[1]
        return f"{'https' if self._tls else 'http'}://{self._host}:{port}"

    def freeze(self) -> None:
        """Take requests, answer none."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def thaw(self) -> None:
        """Answer what waits."""
        self._loop.call_soon_threadsafe(self._open.set)

    async def _close(self) -> None:
        self._open.set()
        self._server.close()
        others = asyncio.all_tasks(self._loop) - {asyncio.current_task(self._loop)}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._answer(head, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        lines = head.decode().split("\r\n")
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines[1:])}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        method, path, _ = lines[0].split(" ")
        self.authorizations.add(headers.get("authorization", ""))
        key = headers.get("idempotency-key", path.rsplit("/", 1)[-1])
        if method == "POST":
            self.keys[key] += 1
            self.bodies.setdefault(key, set()).add(body)
        else:
            self.asked[key] += 1
        await self._open.wait()
        status = self._status(key, method)
        if not status:
            writer.transport.abort()
            return
        self.answered += 1
        writer.write(_response(status, key, self.bodies.get(key, set())))
        await writer.drain()

    def _status(self, key: str, method: str) -> int:
        """`trouble` maps a status (0: close the connection) to a number of payments."""
        if method == "POST":
            for word, status in (
                ("hang up", 0),
                ("untouched", 503),
                ("broken", 500),
                ("later", 202),
            ):
                if self.trouble.get(word, 0) > 0:
                    self.trouble[word] -= 1
                    return status
            return 201
        if self.trouble.get("hang up on a look", 0) > 0:
            self.trouble["hang up on a look"] -= 1
            return 0
        return 200 if key in self.keys else 404


def _response(status: int, key: str, bodies: set[bytes]) -> bytes:
    body = b"{}"
    if status in (200, 201) and bodies:
        asked = json.loads(next(iter(bodies)))
        body = json.dumps(
            {
                "payment_id": f"id-{key}",
                "status": "captured",
                "amount_minor": asked["amount_minor"],
                "currency": asked["currency"],
            }
        ).encode()
    extra = "Not-Processed: true\r\n" if status == 503 else ""
    return f"HTTP/1.1 {status} X\r\n{extra}Content-Length: {len(body)}\r\n\r\n".encode() + body
