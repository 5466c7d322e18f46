"""Free ports outside the range from which the kernel assigns, and an error for a busy one."""

from __future__ import annotations

import random
import socket
from pathlib import Path
from typing import Final

from harness.errors import RefusedError, TargetError

HOST: Final = "127.0.0.1"
LOOPBACK: Final = frozenset({HOST, "localhost"})
_EPHEMERAL: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST: Final = 12_000
_USUAL_EPHEMERAL: Final = 32_768
_TRIES: Final = 2_000


class Ports:
    """Hands out each free port once.

    They lie below the ephemeral range: there the kernel never gives one to an outgoing
    connection, so that an instance that is down for a while finds its port free again.
    """

    def __init__(self, draw: random.Random) -> None:
        self._draw, self._given = draw, set[int]()
        self._below = _first_ephemeral()

    def take(self) -> int:
        """A free port. Raises TargetError if there is none."""
        for _ in range(_TRIES):
            port = self._draw.randrange(_LOWEST, self._below)
            if port not in self._given and is_free(port):
                self._given.add(port)
                return port
        raise TargetError(f"no free port between {_LOWEST} and {self._below}")

    def claim(self, port: int, what: str) -> int:
        """That very port. Raises RefusedError that names it."""
        if not is_free(port):
            raise RefusedError(
                f"port {port} ({what}) is in use; end who listens there (`ss -ltnp` shows it)"
            )
        self._given.add(port)
        return port


def is_free(port: int) -> bool:
    """Whether somebody could listen there now; connections that linger do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _first_ephemeral() -> int:
    try:
        low = int(_EPHEMERAL.read_text().split()[0])
    except (OSError, ValueError):
        low = _USUAL_EPHEMERAL
    return low if low > _LOWEST + _TRIES else _USUAL_EPHEMERAL
