"""The breaker against the ten ways in which pybreaker goes wrong under asyncio."""

from __future__ import annotations

import asyncio
import contextlib

import httpx
import pytest

from reference_services.defects.half_open_unlimited import AdmitsAll
from reference_services.resilience.breaker import (
    PERMIT,
    Admission,
    EdgeBreaker,
    Outcomes,
    Permit,
    Window,
)
from reference_services.resilience.bulkhead import Bulkhead
from reference_services.resilience.errors import BreakerOpenError, BulkheadFullError
from reference_services.resilience.policy import BreakerPolicy, EdgePolicy
from tests.support.services_transport import EDGE, Heard, ManualTime, Outcome, Scripted, request

pytestmark = pytest.mark.anyio
POLICY = EdgePolicy(
    edge=EDGE,
    try_timeout_s=1.0,
    breaker=BreakerPolicy(window_calls=10, min_calls=4, bad_ratio=0.5, slow_s=0.5, open_s=1.0),
)
ERROR = httpx.ReadError("reset")


class Bench:
    """One breaker over one scripted other side."""

    def __init__(self, *outcomes: Outcome, took_s: float = 0.0) -> None:
        self.clock, self.heard = ManualTime(), Heard()
        self.other = Scripted(outcomes, self.clock, took_s)
        self.breaker = EdgeBreaker(POLICY, self.heard, self.clock.now)
        reported = Outcomes(self.other, POLICY, self.breaker, self.clock.now)
        self.bulkhead = Bulkhead(reported, POLICY, self.heard, self.clock.now)
        self.transport = Admission(self.bulkhead, self.breaker)

    async def call(self, permit: Permit | None = None) -> httpx.Response:
        asked = request()
        asked.extensions[PERMIT] = permit
        return await self.transport.handle_async_request(asked)

    async def trip(self) -> None:
        for _ in range(4):
            with pytest.raises(httpx.ReadError):
                await self.call()

    async def wait_open(self) -> None:
        await self.clock.sleep(POLICY.breaker.open_s)


async def test_half_open_admits_one_probe_of_fifty() -> None:
    bench = Bench(ERROR, ERROR, ERROR, ERROR, 200)
    await bench.trip()
    await bench.wait_open()
    bench.other.gate = asyncio.Event()
    calls = [asyncio.create_task(bench.call()) for _ in range(50)]
    _, pending = await asyncio.wait(calls, timeout=0.05)
    assert len(pending) == 1
    bench.other.gate.set()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(result, httpx.Response) for result in results) == 1
    assert bench.heard.rejections == ["breaker"] * 49
    assert bench.heard.moves[1:] == [("open", "half-open"), ("half-open", "closed")]
    assert bench.heard.probes == [1]


async def test_probes_one_after_the_other_are_not_probes_at_once() -> None:
    bench = Bench(ERROR, ERROR, ERROR, ERROR, 200)
    await bench.trip()
    await bench.wait_open()
    for _ in range(3):
        with Permit(bench.breaker):
            assert bench.breaker.state == "half-open"
    await bench.call()
    assert bench.heard.probes == [1]


async def test_a_breaker_that_lets_all_probes_through_tells_how_many() -> None:
    clock, heard = ManualTime(), Heard()
    breaker = AdmitsAll(POLICY, heard, clock.now)
    for _ in range(4):
        breaker.report(breaker.admit(), bad=True)
    await clock.sleep(POLICY.breaker.open_s)
    tickets = [breaker.admit() for _ in range(7)]
    breaker.report(tickets[0], bad=False)
    assert heard.probes == [7]


async def test_late_failures_neither_reopen_nor_prolong() -> None:
    bench = Bench(ERROR)
    bench.other.gate = asyncio.Event()
    late = [asyncio.create_task(bench.call()) for _ in range(10)]
    await asyncio.wait(late, timeout=0.02)
    bench.other.gate.set()
    await asyncio.gather(*late, return_exceptions=True)
    assert bench.heard.moves == [("closed", "open")]
    assert bench.breaker.retry_after_s() == pytest.approx(1.0)
    await bench.clock.sleep(0.6)
    assert bench.breaker.retry_after_s() == pytest.approx(0.4)


async def test_a_late_success_does_not_close_a_half_open_breaker() -> None:
    bench = Bench(200)
    before = bench.breaker.admit()
    for _ in range(4):
        bench.breaker.report(bench.breaker.admit(), bad=True)
    await bench.wait_open()
    bench.breaker.admit()
    bench.breaker.report(before, bad=False)
    assert bench.breaker.state == "half-open"


async def test_the_call_that_trips_it_raises_its_own_error() -> None:
    bench = Bench(ERROR)
    await bench.trip()
    with pytest.raises(BreakerOpenError) as caught:
        await bench.call()
    assert caught.value.retry_after_s == pytest.approx(1.0)
    assert bench.other.calls == 4


async def test_cancellation_is_neutral_and_is_not_swallowed() -> None:
    bench = Bench(200)
    bench.other.gate = asyncio.Event()
    for _ in range(8):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await bench.call()
    assert bench.breaker.state == "closed"
    assert bench.heard.moves == []


async def test_a_cancelled_probe_lets_the_next_one_in() -> None:
    bench = Bench(ERROR, ERROR, ERROR, ERROR, 200)
    await bench.trip()
    await bench.wait_open()
    bench.other.gate = asyncio.Event()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await bench.call()
    assert bench.breaker.state == "half-open"
    bench.other.gate.set()
    assert (await bench.call()).status_code == 200
    assert bench.breaker.state == "closed"


async def test_a_rejected_call_takes_no_place_in_the_bulkhead() -> None:
    bench = Bench(ERROR, ERROR, ERROR, ERROR, 200)
    await bench.trip()
    full = Scripted([200])
    taken = Admission(full, bench.breaker)
    with pytest.raises(BreakerOpenError):
        await taken.handle_async_request(request())
    assert full.calls == 0


async def test_leave_claimed_beforehand_is_the_only_probe_and_is_used_by_its_call() -> None:
    bench = Bench(ERROR, ERROR, ERROR, ERROR, 200)
    await bench.trip()
    await bench.wait_open()
    with Permit(bench.breaker) as permit:
        with pytest.raises(BreakerOpenError):
            Permit(bench.breaker)
        with pytest.raises(BreakerOpenError):
            await bench.call()
        assert (await bench.call(permit)).status_code == 200
    assert bench.breaker.state == "closed"
    assert bench.other.calls == 5


async def test_leave_that_was_not_used_lets_the_next_probe_in_however_its_block_ends() -> None:
    bench = Bench(ERROR, ERROR, ERROR, ERROR, 200)
    await bench.trip()
    await bench.wait_open()
    for error in (None, ValueError(), asyncio.CancelledError()):
        with contextlib.suppress(ValueError, asyncio.CancelledError), Permit(bench.breaker):
            if error is not None:
                raise error
    assert (await bench.call()).status_code == 200


async def test_a_cancelled_call_with_leave_gives_its_probe_back() -> None:
    bench = Bench(ERROR, ERROR, ERROR, ERROR, 200)
    await bench.trip()
    await bench.wait_open()
    bench.other.gate = asyncio.Event()
    with pytest.raises(TimeoutError), Permit(bench.breaker) as permit:
        async with asyncio.timeout(0.001):
            await bench.call(permit)
    bench.other.gate.set()
    assert (await bench.call()).status_code == 200


async def test_leave_is_asked_for_again_when_the_breaker_has_opened_since() -> None:
    bench = Bench(ERROR)
    with Permit(bench.breaker) as permit:
        await bench.trip()
        with pytest.raises(BreakerOpenError):
            await bench.call(permit)
    assert bench.other.calls == 4


async def test_our_own_refusals_count_neither_as_failure_nor_as_success() -> None:
    bench = Bench(ERROR, ERROR, ERROR, ERROR, BulkheadFullError("full"), 200)
    await bench.trip()
    await bench.wait_open()
    with pytest.raises(BulkheadFullError):
        await bench.call()
    assert bench.breaker.state == "half-open"


async def test_two_failures_in_three_trip_it_though_never_in_a_row_for_long() -> None:
    bench = Bench(ERROR, ERROR, 200, ERROR, ERROR, 200)
    for _ in range(4):
        await asyncio.gather(bench.call(), return_exceptions=True)
    assert bench.breaker.state == "open"
    assert bench.heard.reasons == ["3 of the last 4 calls failed or were slow"]


async def test_a_server_error_is_a_failure_and_a_refusal_by_rule_is_not() -> None:
    refusing, failing = Bench(409), Bench(503)
    for _ in range(4):
        await refusing.call()
        await failing.call()
    assert (refusing.breaker.state, failing.breaker.state) == ("closed", "open")


async def test_answers_that_come_slowly_trip_it_too() -> None:
    bench = Bench(200, took_s=0.6)
    for _ in range(4):
        await bench.call()
    assert bench.breaker.state == "open"


async def test_a_failed_probe_opens_it_for_a_whole_period_again() -> None:
    bench = Bench(ERROR)
    await bench.trip()
    await bench.wait_open()
    with pytest.raises(httpx.ReadError):
        await bench.call()
    assert bench.breaker.retry_after_s() == pytest.approx(1.0)
    assert bench.heard.reasons[-1] == "the probe failed"


async def test_calls_run_side_by_side_under_a_closed_breaker() -> None:
    bench = Bench(200)
    bench.other.gate = asyncio.Event()
    calls = [asyncio.create_task(bench.call()) for _ in range(20)]
    await asyncio.wait(calls, timeout=0.02)
    assert bench.other.calls == 20
    bench.other.gate.set()
    assert {answer.status_code for answer in await asyncio.gather(*calls)} == {200}


async def test_a_short_blip_among_good_calls_does_not_trip_it() -> None:
    bench = Bench(*[200] * 8, ERROR, ERROR, ERROR, ERROR, 200)
    for _ in range(20):
        await asyncio.gather(bench.call(), return_exceptions=True)
    assert bench.heard.moves == []


def test_the_window_forgets_what_is_too_old() -> None:
    window = Window(POLICY.breaker)
    for _ in range(4):
        window.add(0.0, bad=True)
    assert window.verdict() != ""
    window.add(POLICY.breaker.window_s + 1, bad=True)
    assert window.verdict() == ""
