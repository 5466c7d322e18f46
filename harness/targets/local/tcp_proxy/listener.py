"""The port of a TCP edge: callers are accepted or refused, and the port stays ours either way."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Final

from harness.targets.local.ports import HOST

_BACKLOG: Final = 1024
_PROBE_S: Final = 0.05  # the kernel of this machine refuses at once


class TcpListener:
    """While it refuses, the port is bound by a socket that does not listen.

    That socket lets no other process listen there: neither with SO_REUSEADDR nor with SO_REUSEPORT.
    """

    def __init__(self, port: int, accept: Callable[[], asyncio.Protocol]) -> None:
        self._port, self._accept = port, accept
        self._socket: socket.socket | None = None
        self._bound: socket.socket | None = None
        self._serving: asyncio.Task[asyncio.Server] | None = None

    @property
    def listens(self) -> bool:
        """Whether callers are accepted."""
        return self._socket is not None

    def listen(self) -> None:
        """Accept callers from now on. Raises OSError that names the port if it is in use."""
        if self._socket is not None:
            return
        bound, self._bound = self._bound, None
        try:
            self._socket = _listen(bound or _bind(self._port))
        except OSError as error:
            raise OSError(error.errno, f"port {self._port}: {error.strerror}") from error
        loop = asyncio.get_running_loop()
        self._serving = loop.create_task(self._serve(self._socket))

    async def _serve(self, listener: socket.socket) -> asyncio.Server:
        """Kept by its task: a server without a reference is collected, and refuses all callers."""
        return await asyncio.get_running_loop().create_server(self._accept, sock=listener)

    def refuse(self) -> None:
        """Refuse callers from now on, and keep the port if that is possible."""
        self.close()
        try:
            self._bound = _bind(self._port)
            self._bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        except OSError:
            self._bound = None  # another process was faster: `listen` will say so

    def refuses(self) -> bool:
        """Whether a connection to the port is refused, tried now."""
        with socket.socket() as probe:
            probe.settimeout(_PROBE_S)
            try:
                probe.connect((HOST, self._port))
            except ConnectionRefusedError:
                return True
            except OSError:
                return False
        return False

    def close(self) -> None:
        """Give the port back."""
        serving, listener, bound = self._serving, self._socket, self._bound
        self._serving = self._socket = self._bound = None
        if serving is not None and serving.done():
            serving.result().close()  # and the listener with it
        elif serving is not None and listener is not None:
            serving.cancel()
            listener.close()
        if bound is not None:
            bound.close()


def _bind(port: int) -> socket.socket:
    made = socket.socket()
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((HOST, port))
    except OSError:
        made.close()
        raise
    return made


def _listen(bound: socket.socket) -> socket.socket:
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.listen(_BACKLOG)
        bound.setblocking(False)
    except OSError:
        bound.close()
        raise
    return bound
