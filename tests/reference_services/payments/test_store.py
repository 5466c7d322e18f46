"""Claims, leases and final answers in a real PostgreSQL."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from reference_services.chassis.database import Database
from reference_services.chassis.pool_limits import PoolLimits
from reference_services.defects.idempotency_in_memory import MemoryKeys
from reference_services.defects.wall_clock_lease import OwnClock
from reference_services.payments.domain import PaymentRequest
from reference_services.payments.store import SCHEMA, PostgresStore
from tests.support.postgres_server import PostgresServer
from tests.support.services_waiting import opened

pytestmark = pytest.mark.anyio
ASKED = PaymentRequest(payer="payer-0001", payee="merchant-001", amount_minor=5, currency="EUR")
OTHER = PaymentRequest(payer="payer-0001", payee="merchant-001", amount_minor=6, currency="EUR")


async def store_in(url: str) -> PostgresStore:
    return await opened(PostgresStore(Database(url, PoolLimits(size=6), SCHEMA.migrate)))


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    return postgres.database("payments")


@pytest.fixture
async def store(url: str) -> AsyncIterator[PostgresStore]:
    made = await store_in(url)
    yield made
    await made.stop()


def age(postgres: PostgresServer, seconds: int) -> None:
    past = f"interval '{seconds} s'"
    for column in ("lease_until", "created_at"):
        change = f"update payments set {column} = {column} - {past}"  # noqa: S608  # our own words
        postgres.psql("payments", change)


async def test_a_key_is_new_once_then_in_progress_then_final(store: PostgresStore) -> None:
    claims = [await store.claim("k", f"pay_{n}", ASKED) for n in range(2)]
    ended = await store.finish(claims[0].payment, "captured", "")
    claims.append(await store.claim("k", "pay_9", ASKED))
    assert [claim.verdict for claim in claims] == ["new", "in_progress", "final"]
    assert {claim.payment.payment_id for claim in claims} == {"pay_0"}
    assert claims[2].payment == ended


async def test_a_key_stands_for_one_request_only(store: PostgresStore) -> None:
    await store.claim("k", "pay_1", ASKED)
    assert (await store.claim("k", "pay_2", OTHER)).verdict == "conflict"


async def test_of_many_claims_at_once_one_wins(store: PostgresStore) -> None:
    claims = await asyncio.gather(*(store.claim("k", f"pay_{n}", ASKED) for n in range(20)))
    assert sorted(claim.verdict for claim in claims) == ["in_progress"] * 19 + ["new"]


async def test_replicas_that_claim_the_same_keys_at_once_share_them(
    store: PostgresStore, url: str
) -> None:
    """Each statement holds many keys: in another order each, they would be in a deadlock."""
    other = await store_in(url)
    for turn in range(20):
        keys = [f"k{turn}-{n}" for n in range(30)]
        claims = await asyncio.gather(
            *(store.claim(key, f"pay_a{key}", ASKED) for key in keys),
            *(other.claim(key, f"pay_b{key}", ASKED) for key in reversed(keys)),
        )
        assert [claim.verdict for claim in claims].count("new") == len(keys)
        assert len({claim.payment.payment_id for claim in claims}) == len(keys)
    await other.stop()


async def test_a_stale_lease_is_taken_over_by_one(
    store: PostgresStore, postgres: PostgresServer
) -> None:
    await store.claim("k", "pay_1", ASKED)
    age(postgres, 4)
    claims = await asyncio.gather(*(store.claim("k", "pay_2", ASKED) for _ in range(5)))
    assert sorted(claim.verdict for claim in claims) == ["in_progress"] * 4 + ["taken_over"]
    assert {claim.payment.payment_id for claim in claims} == {"pay_1"}


async def test_a_lease_given_back_is_taken_over_at_once(store: PostgresStore) -> None:
    claim = await store.claim("k", "pay_1", ASKED)
    await store.release(claim.payment)
    assert (await store.claim("k", "pay_2", ASKED)).verdict == "taken_over"


async def test_the_first_end_stays(store: PostgresStore) -> None:
    payment = (await store.claim("k", "pay_1", ASKED)).payment
    await store.finish(payment, "captured", "")
    assert (await store.finish(payment, "declined", "late")).status == "captured"


async def test_sweepers_share_what_is_old_and_leave_what_is_fresh(
    store: PostgresStore, postgres: PostgresServer
) -> None:
    for number in range(20):
        await store.claim(f"old-{number}", f"pay_old_{number}", ASKED)
    age(postgres, 4)
    await store.claim("fresh", "pay_fresh", ASKED)
    batches = await asyncio.gather(*(store.sweep(8) for _ in range(4)))
    keys = [payment.key for batch in batches for payment in batch]
    assert len(keys) == len(set(keys)) == 20
    assert "fresh" not in keys
    assert max(len(batch) for batch in batches) <= 8


async def test_with_keys_in_memory_one_replica_replays_and_another_books_again(
    store: PostgresStore,
) -> None:
    one, other = MemoryKeys(store), MemoryKeys(store)
    first = await one.claim("k", "pay_1", ASKED)
    await one.finish(first.payment, "captured", "")
    again, elsewhere = await one.claim("k", "pay_2", ASKED), await other.claim("k", "pay_3", ASKED)
    assert (again.verdict, again.payment.payment_id) == ("final", "pay_1")
    assert (elsewhere.verdict, elsewhere.payment.payment_id) == ("new", "pay_3")


async def test_a_lease_by_the_clock_of_an_instance_holds_others_off_as_long_as_it_is_ahead(
    url: str, store: PostgresStore, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The defect wall-clock-lease, and the sound store beside it."""
    ahead = OwnClock(Database(url, PoolLimits(size=2), SCHEMA.migrate))
    instance = await opened(PostgresStore(ahead))  # type: ignore[arg-type]  # a defective one
    now_s = time.time()
    monkeypatch.setattr(time, "time", lambda: now_s + 3600)
    assert (await instance.claim("late", "pay_1", ASKED)).verdict == "new"
    await store.claim("sound", "pay_2", ASKED)
    age(postgres, 60)
    assert [payment.key for payment in await store.sweep(8)] == ["sound"]
    age(postgres, 3600)
    assert "late" in [payment.key for payment in await store.sweep(8)]
    await instance.stop()
