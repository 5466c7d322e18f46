"""Every payment ends or becomes a dead letter, and none holds money that its bank cannot charge."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from reference_services.chassis.database import Database
from reference_services.chassis.failpoints import NoFailpoints
from reference_services.chassis.logs import Log
from reference_services.chassis.pool_limits import PoolLimits
from reference_services.payments.domain import Payment, PaymentRequest
from reference_services.payments.edges import ContractError, StepError, Terms
from reference_services.payments.saga import Saga
from reference_services.payments.store import FAILURES_MAX, SCHEMA, PostgresStore
from reference_services.payments.sweeper import CONTRACT_WEIGHT, Sweeper
from reference_services.resilience.breaker import EdgeBreaker, Permit
from reference_services.resilience.errors import BreakerOpenError
from reference_services.resilience.observer import NoObserver
from reference_services.resilience.policy import BreakerPolicy, EdgePolicy
from tests.support.postgres_server import PostgresServer
from tests.support.services_transport import EDGE, ManualTime
from tests.support.services_waiting import opened

pytestmark = pytest.mark.anyio
ASKED = PaymentRequest(payer="payer-0001", payee="merchant-001", amount_minor=5, currency="EUR")
POLICY = EdgePolicy(
    edge=EDGE, try_timeout_s=1.0, breaker=BreakerPolicy(window_calls=10, min_calls=1, open_s=1.0)
)


@dataclass(slots=True)
class Side:
    """Ledger and bank in one, behind a real breaker; fails as configured and records its calls."""

    clock: ManualTime = field(default_factory=ManualTime)
    fails: dict[str, Exception] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    breaker: EdgeBreaker = field(init=False)

    def __post_init__(self) -> None:
        self.breaker = EdgeBreaker(POLICY, NoObserver(), self.clock.now)

    def reserve(self) -> Permit:
        return Permit(self.breaker)

    async def hold(self, payment: Payment, terms: Terms) -> str:
        self._call("hold", payment, terms)
        return ""

    async def post(self, payment: Payment, terms: Terms) -> None:
        self._call("post", payment, terms)

    async def void(self, payment: Payment, terms: Terms) -> None:
        self._call("void", payment, terms)

    async def charge(self, payment: Payment, terms: Terms) -> bool:
        self._call("charge", payment, terms)
        return True

    def _call(self, step: str, payment: Payment, terms: Terms) -> None:
        ticket = terms.permit.take()
        self.calls.append(f"{step} {payment.key}")
        error = self.fails.get(payment.key) or self.fails.get(step)
        self.breaker.report(ticket, bad=False)
        if error is not None:
            raise error

    def open(self) -> None:
        self.breaker.report(self.breaker.admit(), bad=True)


class Gauge:
    value = -1.0

    def set(self, value: float) -> None:
        self.value = value


@dataclass(slots=True)
class Bench:
    """A real store, two sides that a test can spoil, and a sweeper that is moved by hand."""

    store: PostgresStore
    postgres: PostgresServer
    ledger: Side = field(default_factory=Side)
    bank: Side = field(default_factory=Side)
    lines: list[bytes] = field(default_factory=list)
    gauge: Gauge = field(default_factory=Gauge)

    @property
    def saga(self) -> Saga:
        return Saga(store=self.store, ledger=self.ledger, bank=self.bank, failpoints=NoFailpoints())

    @property
    def sweeper(self) -> Sweeper:
        return Sweeper(self.saga, Log("payments", "test", self.lines.append), self.gauge)

    async def stuck(self, *keys: str) -> None:
        for key in keys:
            await self.store.claim(key, f"pay_{key}", ASKED)

    async def sweep(self) -> int:
        """As if the lease had run out."""
        self.postgres.psql(
            "saga",
            "update payments set lease_until = lease_until - interval '9 s',"
            " created_at = created_at - interval '9 s'",
        )
        return await self.sweeper.sweep_once()

    async def status(self, key: str) -> str:
        payment = await self.store.find(key)
        return payment.status if payment else "unknown"

    def events(self, name: str) -> list[dict[str, object]]:
        return [line for line in map(json.loads, self.lines) if line["event"] == name]


@pytest.fixture
async def bench(postgres: PostgresServer) -> AsyncIterator[Bench]:
    database = Database(postgres.database("saga"), PoolLimits(size=6), SCHEMA.migrate)
    store = await opened(PostgresStore(database))
    yield Bench(store=store, postgres=postgres)
    await store.stop()


async def test_a_payment_whose_step_is_always_refused_becomes_a_dead_letter_and_an_event(
    bench: Bench,
) -> None:
    await bench.stuck("bad", "good")
    bench.ledger.fails["bad"] = ContractError("post: status 409")
    before = await bench.store.version()
    rounds = 0
    while await bench.sweep():
        rounds += 1
        assert rounds < FAILURES_MAX
    assert rounds == FAILURES_MAX // CONTRACT_WEIGHT
    assert (await bench.status("bad"), await bench.status("good")) == ("dead_letter", "captured")
    (event,) = bench.events("dead_letter")
    assert (event["key"], event["reason"]) == ("bad", "post: status 409")
    assert await bench.store.dead_letters() == 1
    assert await bench.store.version() != before


async def test_a_failure_that_may_pass_is_tried_more_often_and_is_bounded_too(
    bench: Bench,
) -> None:
    await bench.stuck("k")
    bench.bank.fails["charge"] = StepError("charge: silence")
    for _ in range(FAILURES_MAX - 1):
        assert await bench.sweep() == 1
    assert await bench.status("k") == "pending"
    bench.bank.fails.clear()
    assert await bench.sweep() == 1
    assert await bench.status("k") == "captured"


async def test_a_mistake_of_ours_is_counted_like_a_refusal_and_does_not_stop_the_sweeper(
    bench: Bench,
) -> None:
    await bench.stuck("bad", "good")
    bench.ledger.fails["bad"] = LookupError("ours")
    while await bench.sweep():
        pass
    assert (await bench.status("bad"), await bench.status("good")) == ("dead_letter", "captured")


async def test_a_dead_letter_is_not_claimed_again_and_its_payer_sees_it_pending(
    bench: Bench,
) -> None:
    payment = (await bench.store.claim("k", "pay_k", ASKED)).payment
    await bench.store.fail(payment, FAILURES_MAX, "given up")
    again = await bench.store.claim("k", "pay_2", ASKED)
    assert (again.verdict, again.payment.status) == ("in_progress", "dead_letter")
    assert not again.payment.final
    assert await bench.sweep() == 0


async def test_a_saga_that_ends_after_all_replaces_the_dead_letter(bench: Bench) -> None:
    payment = (await bench.store.claim("k", "pay_k", ASKED)).payment
    await bench.store.fail(payment, FAILURES_MAX, "given up")
    dead = await bench.store.version()
    assert (await bench.store.finish(payment, "captured", "")).status == "captured"
    assert await bench.status("k") == "captured"
    assert await bench.store.version() != dead


async def test_while_the_bank_s_breaker_probes_no_other_payment_holds_money(bench: Bench) -> None:
    bench.bank.open()
    bench.bank.clock.now_s += 1.0
    with bench.saga.leave(1000.0):
        with pytest.raises(BreakerOpenError), bench.saga.leave(1000.0):
            pytest.fail("a second payment was let through beside the probe")
        assert await bench.sweep() == 0
    assert bench.ledger.calls == []


@pytest.mark.parametrize("error", [None, StepError("silence"), asyncio.CancelledError()])
async def test_leave_that_was_not_used_is_given_back_however_the_payment_ends(
    bench: Bench, error: BaseException | None
) -> None:
    bench.bank.open()
    bench.bank.clock.now_s += 1.0
    try:
        with bench.saga.leave(1000.0):
            if error is not None:
                raise error
    except (StepError, asyncio.CancelledError):
        pass
    with bench.saga.leave(1000.0) as leave:
        assert leave.bank.permit.take().probe


async def test_a_bank_that_is_not_let_through_gives_the_ledger_s_leave_back(bench: Bench) -> None:
    bench.ledger.open()
    bench.ledger.clock.now_s += 1.0
    bench.bank.open()
    with pytest.raises(BreakerOpenError), bench.saga.leave(1000.0):
        pytest.fail("the bank's breaker is open")
    with bench.ledger.reserve() as permit:
        assert permit.take().probe


async def test_the_sweeper_takes_one_payment_while_a_breaker_probes_and_a_batch_when_it_is_closed(
    bench: Bench,
) -> None:
    await bench.stuck(*(f"k{number}" for number in range(5)))
    bench.bank.open()
    assert await bench.sweep() == 0
    bench.bank.clock.now_s += 1.0
    assert await bench.sweep() == 1
    assert await bench.sweep() == 4
