"""A small payment server in its own process that notes when the kernel received each request.

The kernel's stamp (SO_TIMESTAMPNS) is correct even while the process is stopped or busy, so it
measures the punctuality of a load generator independently of both processes. `python -m
benchmarks.arrival_server LOG ROOM` prints its port; `ArrivalServer` starts and reads it.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
import numpy.typing as npt

_SO_TIMESTAMPNS: Final = 35
_STAMP: Final = struct.Struct("@qq")
_COUNT: Final = struct.Struct("<Q")
_ARRIVAL: Final = struct.Struct("<qq")
_KEY: Final = re.compile(rb"\r\nIdempotency-Key: [^\r]*?-(\d+)\r\n", re.IGNORECASE)
_LENGTH: Final = re.compile(rb"\r\nContent-Length: (\d+)\r\n", re.IGNORECASE)
_NO_KEY: Final = -1
_BODY: Final = b'{"payment_id":"p-1","status":"captured","amount_minor":1234,"currency":"EUR"}'
_ANSWER: Final = (
    b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nX-Kind: bench\r\n"
    b"Content-Length: %d\r\n\r\n" % len(_BODY)
) + _BODY
START_LIMIT_S: Final = 10.0
SERVER_CORE, LOAD_CORE = 0, 1


@contextlib.contextmanager
def on_core(core: int) -> Iterator[None]:
    """Pin processes that are started inside to one core, if the machine has that core."""
    before = os.sched_getaffinity(0)
    if core in before and len(before) > 1:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class ArrivalServer:
    """The server as a child process; `with ArrivalServer(folder, room=...) as server:`."""

    def __init__(self, folder: Path, room: int) -> None:
        """`room`: how many arrivals can be noted; further ones are answered, not noted."""
        log = folder / "arrivals.bin"
        with log.open("wb") as file:
            file.truncate(_COUNT.size + room * _ARRIVAL.size)
        command = [sys.executable, "-m", "benchmarks.arrival_server", str(log), str(room)]
        with on_core(SERVER_CORE):
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        stdout = self._process.stdout
        self.port = int(stdout.readline()) if stdout is not None else 0
        with log.open("rb") as file:
            self._log = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.send_signal(signal.SIGCONT)
        self._process.kill()
        self._process.communicate()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The process that answers."""
        return self._process.pid

    @property
    def count(self) -> int:
        """How many requests it has read."""
        return int(_COUNT.unpack_from(self._log)[0])

    def arrivals(self) -> npt.NDArray[np.int64]:
        """One row a request: the kernel's receive time as CLOCK_MONOTONIC ns, intent or -1."""
        size = min(self.count, (len(self._log) - _COUNT.size) // _ARRIVAL.size)
        rows = np.frombuffer(self._log, "<i8", size * 2, _COUNT.size).reshape(-1, 2).copy()
        rows[:, 0] -= _realtime_ahead_ns()
        return rows


def _realtime_ahead_ns() -> int:
    """CLOCK_REALTIME less CLOCK_MONOTONIC, from the closest of some pairs of readings."""
    pairs = [(time.monotonic_ns(), time.time_ns(), time.monotonic_ns()) for _ in range(50)]
    before, wall, after = min(pairs, key=lambda pair: pair[2] - pair[0])
    return wall - (before + after) // 2


class _Serving:
    """The child's side: one epoll, one answer to every request, the stamps into the mapped log."""

    def __init__(self, log: mmap.mmap, room: int) -> None:
        self._log, self._room, self._count = log, room, 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self._listener.setblocking(False)
        self._poll = select.epoll()
        self._poll.register(self._listener, select.EPOLLIN)
        self._peers: dict[int, tuple[socket.socket, bytearray]] = {}

    def run(self) -> None:
        """Until it is killed."""
        print(self._listener.getsockname()[1], flush=True)
        while True:
            for fd, _ in self._poll.poll():
                if fd == self._listener.fileno():
                    self._accept()
                else:
                    self._serve(fd)

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                peer, _ = self._listener.accept()
                peer.setblocking(False)
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                peer.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
                self._peers[peer.fileno()] = (peer, bytearray())
                self._poll.register(peer, select.EPOLLIN)

    def _serve(self, fd: int) -> None:
        peer, waiting = self._peers[fd]
        try:
            block, extra, _, _ = peer.recvmsg(65_536, 128)
        except ConnectionError:
            block, extra = b"", []
        if not block:
            self._poll.unregister(fd)
            self._peers.pop(fd)[0].close()
            return
        waiting += block
        while (size := _request_size(waiting)) is not None:
            self._note(_stamp_ns(extra), waiting[:size])
            del waiting[:size]
            with contextlib.suppress(ConnectionError):
                peer.send(_ANSWER)

    def _note(self, stamp_ns: int, request: bytearray) -> None:
        if self._count < self._room:
            key = _KEY.search(request)
            intent = int(key[1]) if key else _NO_KEY
            at = _COUNT.size + self._count * _ARRIVAL.size
            _ARRIVAL.pack_into(self._log, at, stamp_ns, intent)
        self._count += 1
        _COUNT.pack_into(self._log, 0, self._count)


def _request_size(raw: bytearray) -> int | None:
    """The bytes of the first request; None while it is not whole."""
    head = raw.find(b"\r\n\r\n")
    if head < 0:
        return None
    length = _LENGTH.search(raw, 0, head + 2)
    size = head + 4 + (int(length[1]) if length else 0)
    return size if len(raw) >= size else None


def _stamp_ns(extra: list[tuple[int, int, bytes]]) -> int:
    """The kernel's, or this moment where it gave none (the last bytes had been read before)."""
    for level, kind, data in extra:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
            seconds, ns = _STAMP.unpack_from(data)
            return int(seconds * 1_000_000_000 + ns)
    return time.time_ns()


def main() -> None:
    """Serve: LOG ROOM."""
    with Path(sys.argv[1]).open("r+b") as file:
        log = mmap.mmap(file.fileno(), 0)
    _Serving(log, int(sys.argv[2])).run()


if __name__ == "__main__":
    main()
