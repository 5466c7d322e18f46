"""Every way in which a network fails has its own name; each attempt goes out once and in time."""

from __future__ import annotations

import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager

import pytest

from harness.load.lean.connection import Connection
from harness.load.lean.event_loop import EventLoop
from harness.load.lean.host import Host
from harness.load.payer import Answer, Request
from harness.load.records import ErrorClass

ASK = Request("ask", "GET", "/v1/payments/k")
PAY = Request("pay", "POST", "/v1/payments", (("Idempotency-Key", "k"),), b'{"a":1}')
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Kind: a\r\n\r\nhi"


@contextmanager
def serving(*answers: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """Each connection reads once and is given the next answer; what was read is kept."""
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for answer in answers:
                connection, _ = server.accept()
                with connection:
                    seen.append(connection.recv(65536))
                    answer(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", seen
        thread.join(3)


class Payer:
    """Turns its wire's loop until it is told, as no real payer does."""

    def __init__(self, url: str) -> None:
        self._answers: list[Answer] = []
        self._host, self._loop = Host(url), EventLoop()
        self._wire = Connection(self._loop, self._host, self._told)

    def exchange(self, request: Request, patience_s: float) -> Answer:
        ends_ns = time.monotonic_ns() + round(patience_s * 1e9)
        self._wire.begin(self._host.bytes_of(request), ends_ns)
        assert not self._answers, "told from within"
        self.turn_until(lambda: bool(self._answers), 5)
        return self._answers.pop()

    def turn_until(self, holds: Callable[[], bool], limit_s: float) -> None:
        ends_ns = time.monotonic_ns() + round(limit_s * 1e9)
        while not holds() and time.monotonic_ns() < ends_ns:
            self._loop.turn(ends_ns, lambda: None)

    def rest(self, seconds: float) -> None:
        """Turn the loop for so long; nothing may be told."""
        self.turn_until(lambda: bool(self._answers), seconds)
        assert not self._answers, "told twice"

    def close(self) -> None:
        self._wire.close()
        self._loop.close()

    def _told(
        self, status: int, error: ErrorClass, body: bytes, headers: Mapping[str, str]
    ) -> None:
        self._answers.append(Answer(status, error, body, headers))


def attempt(url: str, request: Request, patience_s: float) -> Answer:
    with closing(Payer(url)) as payer:
        return payer.exchange(request, patience_s)


def says(*parts: bytes) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)

    return answer


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


def silence(connection: socket.socket) -> None:
    connection.settimeout(2)
    connection.recv(1)


def test_an_answer_has_status_body_and_headers_in_lower_case() -> None:
    with serving(says(OK)) as (url, seen):
        answer = attempt(url, PAY, 2)
    assert (answer.status, answer.body, answer.headers["x-kind"]) == (200, b"hi", "a")
    assert answer.error is ErrorClass.NONE
    head, body = seen[0].split(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/payments HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nIdempotency-Key: k\r\nContent-Length: 7" in head
    assert body == PAY.body


def test_a_body_without_a_length_ends_with_the_connection() -> None:
    with serving(says(b"HTTP/1.1 200 OK\r\n\r\nh", b"i")) as (url, _):
        assert attempt(url, ASK, 2).body == b"hi"


def test_an_interim_answer_is_not_the_answer() -> None:
    with serving(says(b"HTTP/1.1 103 Early Hints\r\n\r\n", OK)) as (url, _):
        assert attempt(url, ASK, 2).status == 200


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    assert attempt(url, PAY, 2).error is ErrorClass.REFUSED


def test_nobody_accepts() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        assert attempt(url, PAY, 0.2).error is ErrorClass.CONNECT_TIMEOUT
        for filler in fillers:
            filler.close()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (silence, ErrorClass.READ_TIMEOUT),
        (reset, ErrorClass.RESET),
        (says(), ErrorClass.RESET),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nh"), ErrorClass.RESET),
        (says(b"SMTP ready\r\n\r\n"), ErrorClass.PROTOCOL),
    ],
)
def test_each_failure_has_its_class(
    answer: Callable[[socket.socket], None], error: ErrorClass
) -> None:
    with serving(answer) as (url, _):
        failed = attempt(url, PAY, 0.2)
    assert (failed.status, failed.error) == (0, error)


@pytest.mark.alone
def test_patience_bounds_the_whole_attempt_not_each_read() -> None:
    def dribble(connection: socket.socket) -> None:
        pause = threading.Event()
        for at in range(len(OK)):
            try:
                connection.sendall(OK[at : at + 1])
            except OSError:
                return
            pause.wait(0.05)

    with serving(dribble) as (url, _):
        began_s = time.monotonic()
        assert attempt(url, ASK, 0.3).error is ErrorClass.READ_TIMEOUT
        assert time.monotonic() - began_s < 0.6


def test_a_question_is_never_repeated_behind_the_payer_s_back() -> None:
    with serving(says()) as (url, seen):
        assert attempt(url, ASK, 1).error is ErrorClass.RESET
    assert len(seen) == 1


@pytest.mark.parametrize("noticed", [True, False], ids=["while idle", "only when needed"])
def test_a_connection_that_was_closed_meanwhile_is_replaced(*, noticed: bool) -> None:
    with serving(says(OK), says(OK)) as (url, seen), closing(Payer(url)) as payer:
        first = payer.exchange(ASK, 2)
        if noticed:
            payer.rest(0.05)
        else:
            threading.Event().wait(0.05)
        assert payer.exchange(ASK, 2).body == first.body == b"hi"
    assert len(seen) == 2


def test_a_late_answer_is_told_once_as_late_and_never_again() -> None:
    def answer_late(connection: socket.socket) -> None:
        threading.Event().wait(0.15)
        connection.sendall(OK)

    with serving(answer_late) as (url, _), closing(Payer(url)) as payer:
        assert payer.exchange(ASK, 0.1).error is ErrorClass.READ_TIMEOUT
        payer.rest(0.2)


def test_bytes_behind_a_whole_answer_do_not_spoil_it_nor_the_next() -> None:
    with serving(says(OK + b"junk"), says(OK)) as (url, seen), closing(Payer(url)) as payer:
        assert payer.exchange(ASK, 2).body == b"hi"
        assert payer.exchange(ASK, 2).body == b"hi"
    assert len(seen) == 2


def test_a_closed_wire_tells_nothing() -> None:
    with serving(silence) as (url, _), closing(Payer(url)) as payer:
        payer._wire.begin(b"GET / HTTP/1.1\r\n\r\n", time.monotonic_ns() + 50_000_000)
        payer._wire.close()
        payer.rest(0.1)


def test_only_http_and_https_are_spoken() -> None:
    for url in ("ftp://127.0.0.1", "127.0.0.1:80", ""):
        with pytest.raises(ValueError, match="http://host:port"):
            Payer(url)


def test_a_host_without_an_address_is_an_error_of_its_own() -> None:
    assert attempt("http://nowhere.invalid:1", PAY, 2).error is ErrorClass.OTHER


def test_when_descriptors_run_out_it_is_not_the_system_s_fault() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with serving() as (url, _), closing(Payer(url)) as payer:
        attempt(url, ASK, 0.05)  # whatever is opened once is open now
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            answer = payer.exchange(PAY, 1)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert answer.error is ErrorClass.POOL


def test_no_patience_left_is_a_timeout_and_nothing_else_is_told() -> None:
    with serving() as (url, _):
        assert attempt(url, PAY, 0).error is ErrorClass.CONNECT_TIMEOUT


def test_a_second_answer_to_one_question_is_not_mixed_into_the_first() -> None:
    stray = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno"
    with serving(says(OK + stray), says(OK)) as (url, seen), closing(Payer(url)) as payer:
        assert payer.exchange(ASK, 2).body == b"hi"
        assert payer.exchange(ASK, 2).body == b"hi"
    assert len(seen) == 2


def test_a_request_larger_than_the_kernel_takes_at_once_arrives_whole() -> None:
    got: list[int] = []

    def drink(connection: socket.socket) -> None:
        size = 65536
        while size < 8_000_000:
            size += len(connection.recv(1 << 20))
        got.append(size)
        connection.sendall(OK)

    with serving(drink) as (url, _):
        large = PAY._replace(body=b"x" * 8_000_000)
        assert attempt(url, large, 5).status == 200
    assert got[0] >= 8_000_000


def test_an_attempt_after_a_late_one_has_its_whole_patience() -> None:
    def answer_late(connection: socket.socket) -> None:
        threading.Event().wait(0.25)
        connection.sendall(OK)

    with serving(silence, answer_late) as (url, _), closing(Payer(url)) as payer:
        assert payer.exchange(ASK, 0.1).error is ErrorClass.READ_TIMEOUT
        assert payer.exchange(ASK, 2).status == 200


def test_one_connection_carries_one_attempt_after_the_other() -> None:
    def answer_twice(connection: socket.socket) -> None:
        connection.sendall(OK)
        connection.recv(65536)
        connection.sendall(OK)

    with serving(answer_twice) as (url, seen), closing(Payer(url)) as payer:
        assert [payer.exchange(ASK, 2).status, payer.exchange(ASK, 2).status] == [200, 200]
    assert len(seen) == 1
