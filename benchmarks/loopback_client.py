"""A closed-loop HTTP client on one thread: a connection sends after each answer.

`python -m benchmarks.loopback_client PORTS CONNECTIONS SECONDS FILE` writes when each request was
sent and when its answer was whole: two int64 of nanoseconds, CLOCK_MONOTONIC. PORTS are joined by
commas; connections are dealt out to them in turn.
"""

from __future__ import annotations

import array
import gc
import itertools
import os
import select
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.loopback_server import HOST, LAST_BYTES

REQUEST: Final = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
_ANSWER_LIMIT_S: Final = 5.0
_READ_BYTES: Final = 65_536


def ask(ports: Sequence[int], connections: int, seconds: float) -> array.array[int]:
    """Sent and answered, in turn, ordered by the answer. Raises OSError if one hangs up.

    Requests in flight at the end of the time are left out.
    """
    poll, dialled = select.epoll(), _dial(ports, connections)
    for sock in dialled:
        poll.register(sock.fileno(), select.EPOLLIN)
    seen, sent = array.array("q"), {}
    read, write, now, keep = os.read, os.write, time.monotonic_ns, seen.append
    end_ns = now() + round(seconds * 1e9)
    for sock in dialled:
        sent[sock.fileno()] = now()
        write(sock.fileno(), REQUEST)
    while now() < end_ns:
        ready = poll.poll(_ANSWER_LIMIT_S)
        if not ready:
            raise TimeoutError(f"no answer within {_ANSWER_LIMIT_S} s")
        for fd, _ in ready:
            data = read(fd, _READ_BYTES)
            if data.endswith(LAST_BYTES):
                at = now()
                keep(sent[fd])
                keep(at)
                sent[fd] = now()
                write(fd, REQUEST)
            elif not data:
                raise ConnectionError("the other side hung up")
    for sock in dialled:
        sock.close()
    return seen


def _dial(ports: Sequence[int], connections: int) -> list[socket.socket]:
    dialled = []
    for _, port in zip(range(connections), itertools.cycle(ports)):
        sock = socket.create_connection((HOST, port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        dialled.append(sock)
    return dialled


if __name__ == "__main__":
    gc.disable()
    the_ports, the_connections, the_seconds, the_file = sys.argv[1:]
    found = ask([int(p) for p in the_ports.split(",")], int(the_connections), float(the_seconds))
    Path(the_file).write_bytes(found.tobytes())
