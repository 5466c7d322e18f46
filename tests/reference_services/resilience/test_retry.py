"""Retries: only what helps, jittered, within budget and deadline, honest about what was sent."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from email.utils import format_datetime

import httpx
import pytest

from reference_services.resilience.policy import EdgePolicy, RetryPolicy
from reference_services.resilience.retry import Retry, retry_after_s
from tests.support.services_transport import EDGE, Heard, ManualTime, Outcome, Scripted, request

pytestmark = pytest.mark.anyio
WALL_S = 1_800_000_000.0


class Bench:
    def __init__(self, *outcomes: Outcome, policy: RetryPolicy | None = None) -> None:
        self.clock, self.heard, self.other = ManualTime(), Heard(), Scripted(outcomes)
        edge = EdgePolicy(edge=EDGE, try_timeout_s=0.5, retry=policy or RetryPolicy())
        self.retry = Retry(
            self.other,
            edge,
            self.heard,
            now=self.clock.now,
            wall=lambda: WALL_S,
            sleep=self.clock.sleep,
            rng=random.Random(7),
        )

    async def call(self, deadline_s: float = 1000.0) -> httpx.Response:
        return await self.retry.handle_async_request(request(deadline_s))


async def test_repeats_a_cut_connection_and_a_503_until_it_is_well() -> None:
    bench = Bench(httpx.ReadError("cut"), 503, 200)
    assert (await bench.call()).status_code == 200
    heard = bench.heard
    assert (bench.other.calls, heard.calls, heard.retries) == (3, 1, 2)


async def test_does_not_repeat_an_answer_that_would_be_the_same() -> None:
    bench = Bench(500, 200)
    assert (await bench.call()).status_code == 500
    assert bench.other.calls == 1


async def test_gives_the_last_answer_when_its_tries_are_over() -> None:
    bench = Bench(503)
    assert (await bench.call()).status_code == 503
    assert bench.other.calls == 3


async def test_an_attempt_that_may_have_arrived_outweighs_a_later_refusal() -> None:
    bench = Bench(httpx.ReadTimeout("silence"), httpx.ConnectError("refused"))
    with pytest.raises(httpx.ReadTimeout):
        await bench.call()


async def test_does_not_queue_again_when_its_own_pool_is_full() -> None:
    bench = Bench(httpx.PoolTimeout("full"))
    with pytest.raises(httpx.PoolTimeout):
        await bench.call()
    assert bench.other.calls == 1


async def test_waits_a_random_part_of_a_doubling_ceiling() -> None:
    policy = RetryPolicy(tries=6, backoff_s=0.1, backoff_max_s=0.25)
    bench = Bench(503, policy=policy)
    await bench.call()
    ceilings = [0.1, 0.2, 0.25, 0.25, 0.25]
    assert all(w <= c for w, c in zip(bench.clock.slept_s, ceilings, strict=True))
    assert len(set(bench.clock.slept_s)) == 5


async def test_the_budget_caps_what_a_dead_callee_costs() -> None:
    bench = Bench(503, policy=RetryPolicy(budget_ratio=0.2, budget_burst=5))
    for _ in range(100):
        await bench.call()
    assert 100 < bench.other.calls <= 100 + 5 + 20
    assert bench.heard.refused_retries > 0


async def test_makes_no_attempt_that_could_not_end_in_time() -> None:
    bench = Bench(503)
    await bench.call(bench.clock.now_s + 0.02)
    assert bench.other.calls == 1


async def test_no_attempt_may_last_longer_than_what_is_left() -> None:
    bench = Bench(200)
    await bench.call(bench.clock.now_s + 0.1)
    await bench.call()
    assert [limit["read"] for limit in bench.other.limits] == [pytest.approx(0.1), 0.5]


@pytest.mark.parametrize("asked", ["2", format_datetime(datetime.fromtimestamp(WALL_S + 2, UTC))])
async def test_waits_as_long_as_retry_after_asks_in_seconds_or_as_a_date(asked: str) -> None:
    bench = Bench((503, {"Retry-After": asked}), 200)
    assert (await bench.call()).status_code == 200
    assert 2.0 <= bench.clock.slept_s[0] <= 2.0 + RetryPolicy().backoff_max_s


async def test_a_retry_after_beyond_the_deadline_ends_with_the_answer_at_once() -> None:
    bench = Bench((503, {"Retry-After": "2"}), 200)
    assert (await bench.call(bench.clock.now_s + 1.0)).status_code == 503
    assert (bench.other.calls, bench.clock.slept_s) == (1, [])


@pytest.mark.parametrize(
    "text",
    ["", "-1", "1.5", "soon", "\u0663", "9" * 400, "Mon, 99 Foo 2020 00:00:00 GMT", "0"],
)
async def test_a_retry_after_that_cannot_be_read_is_no_reason_to_wait_or_to_fail(text: str) -> None:
    waits_s = retry_after_s(text, WALL_S)
    assert waits_s == (999_999_999.0 if text.startswith("9") else 0.0)


async def test_each_attempt_says_how_long_it_is_waited_for() -> None:
    bench = Bench(503, 503, 200)
    await bench.call(bench.clock.now_s + 0.6)
    assert bench.other.told_ms[0] == 500
    assert all(told <= 500 for told in bench.other.told_ms)
    short = Bench(200)
    await short.call(short.clock.now_s + 0.1)
    assert short.other.told_ms == [pytest.approx(100, abs=1)]
