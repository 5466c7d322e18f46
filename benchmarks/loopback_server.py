"""A small HTTP server on one thread, cheap enough that a proxy in front of it dominates the cost.

`python -m benchmarks.loopback_server` writes its port and answers every GET until it is ended.
"""

from __future__ import annotations

import os
import select
import socket
import sys
from typing import Final

HOST: Final = "127.0.0.1"
# No answer that is not whole ends like this: a client needs to parse nothing.
LAST_BYTES: Final = b"the end\n"
_BODY: Final = LAST_BYTES.rjust(104, b".")
ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(_BODY), _BODY)
_REQUEST_ENDS: Final = b"\r\n\r\n"
_READ_BYTES: Final = 65_536
_BACKLOG: Final = 1024


def serve(listener: socket.socket) -> None:
    """Answer all connections until the process ends; one request at a time on a connection."""
    poll = select.epoll()
    listening = listener.fileno()
    poll.register(listening, select.EPOLLIN)
    callers: dict[int, socket.socket] = {}
    begun: dict[int, bytes] = {}
    read, write = os.read, os.write
    while True:
        for fd, _ in poll.poll():
            if fd == listening:
                _accept(listener, poll, callers)
                continue
            try:
                data = read(fd, _READ_BYTES)
                if data.endswith(_REQUEST_ENDS):
                    write(fd, ANSWER)
                    continue
            except OSError:
                data = b""
            if not data:
                callers.pop(fd).close()
                begun.pop(fd, None)
            elif (whole := begun.pop(fd, b"") + data).endswith(_REQUEST_ENDS):
                write(fd, ANSWER)
            else:
                begun[fd] = whole


def _accept(listener: socket.socket, poll: select.epoll, callers: dict[int, socket.socket]) -> None:
    caller, _ = listener.accept()
    caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    callers[caller.fileno()] = caller
    poll.register(caller.fileno(), select.EPOLLIN)


if __name__ == "__main__":
    with socket.create_server((HOST, 0), backlog=_BACKLOG) as the_listener:
        sys.stdout.write(f"{the_listener.getsockname()[1]}\n")
        sys.stdout.flush()
        serve(the_listener)
