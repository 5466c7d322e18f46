"""The bulkhead and the deadline: refusals made before anything is sent."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from reference_services.resilience.bulkhead import Bulkhead
from reference_services.resilience.deadline import DEADLINE, Deadline
from reference_services.resilience.errors import BulkheadFullError, DeadlineError
from reference_services.resilience.policy import EdgePolicy
from tests.support.services_transport import EDGE, Heard, ManualTime, Scripted, request

pytestmark = pytest.mark.anyio


def policy(queue: int = 1, queue_wait_s: float = 5.0) -> EdgePolicy:
    return EdgePolicy(
        edge=EDGE,
        try_timeout_s=1.0,
        call_timeout_s=2.0,
        in_flight=2,
        queue=queue,
        queue_wait_s=queue_wait_s,
    )


async def test_admits_so_many_queues_so_many_and_refuses_the_rest() -> None:
    heard, other = Heard(), Scripted([200])
    other.gate = asyncio.Event()
    bulkhead = Bulkhead(other, policy(), heard, ManualTime().now)
    calls = [asyncio.create_task(bulkhead.handle_async_request(request(1000.0))) for _ in range(6)]
    await asyncio.wait(calls, timeout=0.02)
    assert other.calls == 2
    other.gate.set()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(result, httpx.Response) for result in results) == 3
    assert heard.rejections == ["bulkhead"] * 3


async def test_nobody_waits_longer_than_allowed_and_no_place_is_lost() -> None:
    other = Scripted([200])
    other.gate = asyncio.Event()
    bulkhead = Bulkhead(other, policy(queue=9, queue_wait_s=0.01), Heard(), ManualTime().now)
    held = [asyncio.create_task(bulkhead.handle_async_request(request())) for _ in range(2)]
    await asyncio.wait(held, timeout=0.01)
    with pytest.raises(BulkheadFullError):
        await bulkhead.handle_async_request(request())
    other.gate.set()
    await asyncio.gather(*held)
    answers = [await bulkhead.handle_async_request(request()) for _ in range(5)]
    assert len(answers) == 5


async def test_a_cancelled_call_gives_its_place_back() -> None:
    other = Scripted([200])
    other.gate = asyncio.Event()
    bulkhead = Bulkhead(other, policy(), Heard(), ManualTime().now)
    for _ in range(5):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await bulkhead.handle_async_request(request())
    other.gate.set()
    assert (await bulkhead.handle_async_request(request())).status_code == 200


async def test_a_call_without_time_left_is_not_sent() -> None:
    clock, heard, other = ManualTime(), Heard(), Scripted([200])
    deadline = Deadline(other, policy(), heard, clock.now)
    with pytest.raises(DeadlineError):
        await deadline.handle_async_request(request(clock.now_s))
    assert (other.calls, heard.rejections) == (0, ["deadline"])


async def test_the_edges_own_limit_shortens_a_generous_deadline() -> None:
    clock = ManualTime()
    deadline = Deadline(Scripted([200]), policy(), Heard(), clock.now)
    generous, tight = request(clock.now_s + 60), request(clock.now_s + 1)
    await deadline.handle_async_request(generous)
    await deadline.handle_async_request(tight)
    assert generous.extensions[DEADLINE] == clock.now_s + 2.0
    assert tight.extensions[DEADLINE] == clock.now_s + 1
