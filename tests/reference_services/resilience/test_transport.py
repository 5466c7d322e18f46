"""The transport against real sockets: each way in which a call can fail has its own error."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct

import httpx
import pytest

from reference_services.resilience.errors import never_sent
from reference_services.resilience.transport import BODY_BYTES_MAX, Transport
from tests.support.services_peer import Behaviour, serving

pytestmark = pytest.mark.anyio
NO_MORE = 3
ANSWER = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nX-Twice: a\r\nX-Twice: b\r\n\r\nok"


def asking(url: str, *, read_s: float = 1.0) -> httpx.Request:
    limits = {"pool": 0.05, "connect": 0.2, "read": read_s, "write": read_s}
    return httpx.Request("POST", url, content=b"{}", extensions={"timeout": limits})


async def send(url: str, *, read_s: float = 1.0) -> httpx.Response:
    transport = Transport(connections=4, keepalive_s=5)
    try:
        return await transport.handle_async_request(asking(url, read_s=read_s))
    finally:
        await transport.aclose()


async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(ANSWER)


async def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def cut(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(ANSWER[:-1])
    writer.close()


async def garble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"no http at all\r\n\r\n")


async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def test_an_answer_comes_back_whole() -> None:
    async with serving(answer) as url:
        got = await send(url)
    assert (got.status_code, got.content) == (201, b"ok")
    assert got.headers.get_list("x-twice") == ["a", "b"]


@pytest.mark.parametrize(
    ("behave", "expected"),
    [
        (close, httpx.RemoteProtocolError),
        (cut, httpx.RemoteProtocolError),
        (garble, httpx.RemoteProtocolError),
        (reset, httpx.ReadError),
    ],
)
async def test_a_connection_that_dies_after_sending_may_have_been_heard(
    behave: Behaviour, expected: type[httpx.TransportError]
) -> None:
    async with serving(behave) as url:
        with pytest.raises(expected) as caught:
            await send(url)
    assert type(caught.value) is expected
    assert not never_sent(caught.value)


async def test_silence_after_sending_is_a_read_timeout() -> None:
    async with serving(silence) as url:
        with pytest.raises(httpx.ReadTimeout) as caught:
            await send(url, read_s=0.05)
    assert not never_sent(caught.value)


async def test_a_closed_port_is_a_connect_error_and_nothing_was_sent() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/"
    with pytest.raises(httpx.ConnectError) as caught:
        await send(url)
    assert never_sent(caught.value)


async def test_a_peer_that_never_accepts_is_a_connect_timeout() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:  # the accept queue is full: further SYNs are dropped
            filler.setblocking(False)
            filler.connect_ex(address)
        with pytest.raises(httpx.ConnectTimeout) as caught:
            await send(f"http://127.0.0.1:{address[1]}/")
        for filler in fillers:
            filler.close()
    assert never_sent(caught.value)


async def test_no_free_connection_in_time_is_a_pool_timeout_and_no_permit_is_lost() -> None:
    transport = Transport(connections=2, keepalive_s=5)
    async with serving(silence) as silent, serving(answer) as well:
        held = [
            asyncio.create_task(transport.handle_async_request(asking(silent, read_s=0.3)))
            for _ in range(2)
        ]
        await asyncio.wait(held, timeout=0.05)
        late = [transport.handle_async_request(asking(well)) for _ in range(10)]
        refused = await asyncio.gather(*late, return_exceptions=True)
        assert {type(error) for error in refused} == {httpx.PoolTimeout}
        await asyncio.gather(*held, return_exceptions=True)
        calls = [transport.handle_async_request(asking(well)) for _ in range(2)]
        assert [got.status_code for got in await asyncio.gather(*calls)] == [201, 201]
        await transport.aclose()


async def test_a_cancelled_wait_for_a_connection_loses_no_permit() -> None:
    transport = Transport(connections=1, keepalive_s=5)
    async with serving(silence) as silent, serving(answer) as well:
        for _ in range(3):
            calls = [
                asyncio.create_task(transport.handle_async_request(asking(silent)))
                for _ in range(2)
            ]
            await asyncio.wait(calls, timeout=0.02)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
        assert (await transport.handle_async_request(asking(well))).status_code == 201
        await transport.aclose()


async def late(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), 0.1)
    writer.write(ANSWER)


async def twice(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(ANSWER + ANSWER)


async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\nok")
    writer.close()


async def in_parts(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nTransfer-")
    await writer.drain()
    writer.write(b"Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n")


async def test_a_chunked_answer_after_a_continue_comes_back_whole() -> None:
    async with serving(in_parts) as url:
        got = await send(url)
    assert (got.status_code, got.content) == (201, b"ok")


async def test_an_answer_without_a_length_counts_as_cut_off() -> None:
    async with serving(endless) as url:
        with pytest.raises(httpx.RemoteProtocolError):
            await send(url)


async def test_a_connection_serves_again_only_while_it_is_in_order_and_fresh() -> None:
    seen: list[object] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(writer.get_extra_info("peername"))
        await (twice if len(seen) == NO_MORE else answer)(reader, writer)

    transport = Transport(connections=2, keepalive_s=0.3)
    async with serving(note) as url:
        for _ in range(2):
            await transport.handle_async_request(asking(url))
        assert seen[0] == seen[1]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 0.5)
        await transport.handle_async_request(asking(url))  # too old, so another; it answers twice
        await transport.handle_async_request(asking(url))
        assert len({seen[1], seen[2], seen[3]}) == NO_MORE
        await transport.aclose()


async def test_an_idle_connection_that_the_server_closed_is_not_used_again() -> None:
    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer(reader, writer)
        await writer.drain()
        writer.close()

    transport = Transport(connections=2, keepalive_s=30)
    async with serving(answer_once) as url:
        for _ in range(5):
            assert (await transport.handle_async_request(asking(url))).status_code == 201
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), 0.02)
        await transport.aclose()


async def test_nothing_is_sent_twice_when_an_idle_connection_turns_out_to_be_closed() -> None:
    heard: list[bytes] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(b"once")
        await (answer if len(heard) == 1 else close)(reader, writer)

    transport = Transport(connections=1, keepalive_s=30)
    async with serving(hear) as url:
        await transport.handle_async_request(asking(url))
        with pytest.raises(httpx.RemoteProtocolError):
            await transport.handle_async_request(asking(url))
        await transport.aclose()
    assert heard == [b"once", b"once"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_a_method_that_the_client_would_repeat_by_itself_is_not_sent(method: str) -> None:
    request = asking("http://127.0.0.1:9/")
    request.method = method
    with pytest.raises(httpx.UnsupportedProtocol):
        await Transport(connections=1, keepalive_s=5).handle_async_request(request)


async def test_an_answer_that_is_too_long_is_refused() -> None:
    async def too_long(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size = BODY_BYTES_MAX + 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)

    async with serving(too_long) as url:
        with pytest.raises(httpx.RemoteProtocolError):
            await send(url, read_s=5.0)


async def test_a_late_answer_never_meets_the_next_request() -> None:
    transport = Transport(connections=1, keepalive_s=5)
    async with serving(late) as slow:
        with pytest.raises(httpx.ReadTimeout):
            await transport.handle_async_request(asking(slow, read_s=0.02))
        got = await transport.handle_async_request(asking(slow))
        assert got.content == b"ok"
        await transport.aclose()


async def test_a_line_break_in_a_header_is_not_sent() -> None:
    request = asking("http://127.0.0.1:9/")
    request.headers["traceparent"] = "a\r\nX: b"
    with pytest.raises(httpx.LocalProtocolError):
        await Transport(connections=1, keepalive_s=5).handle_async_request(request)


async def test_a_line_break_in_a_target_is_not_sent() -> None:
    request = asking("http://127.0.0.1:9/")
    request.extensions["target"] = b"/v1 HTTP/1.1\r\nX: b"
    with pytest.raises(httpx.LocalProtocolError):
        await Transport(connections=1, keepalive_s=5).handle_async_request(request)
