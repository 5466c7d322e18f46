"""The ledger's rules in a real PostgreSQL."""

from __future__ import annotations

import asyncio
import csv
import io
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec import structs

from reference_services.chassis.database import Database, StatementRefusedError
from reference_services.chassis.pool_limits import PoolLimits
from reference_services.ledger.domain import (
    FIRST_HASH,
    HoldRequest,
    PostRequest,
    Transfer,
    VoidRequest,
    link,
)
from reference_services.ledger.store import SCHEMA, PostgresStore
from tests.support.postgres_server import PostgresServer
from tests.support.services_waiting import opened

pytestmark = pytest.mark.anyio
LIMITS = PoolLimits(size=6)
FUNDS_MINOR = 1_000_000_000


NUMBERS = ("entry", "sequence", "amount_minor", "balance_minor")


def hold_request(
    number: int, *, amount_minor: int = 100, payer: int = 1, payee: str = "merchant-001"
) -> HoldRequest:
    return HoldRequest(
        payment_id=f"p{number}",
        reference=f"k{number}",
        payer=f"payer-{payer:04d}",
        payee=payee,
        amount_minor=amount_minor,
        currency="EUR",
    )


def post_request(number: int, *, amount_minor: int = 100) -> PostRequest:
    return PostRequest(
        payee="merchant-001", reference=f"k{number}", amount_minor=amount_minor, currency="EUR"
    )


async def store_in(url: str) -> PostgresStore:
    return await opened(PostgresStore(Database(url, LIMITS, SCHEMA.migrate)))


async def lines(store: PostgresStore, what: str) -> list[dict[str, Any]]:
    chunks: list[bytes] = []

    async def take(chunk: bytes) -> None:
        chunks.append(bytes(chunk))

    await (store.entries if what == "entries" else store.accounts)(take)
    rows = csv.DictReader(io.StringIO(b"".join(chunks).decode()))
    return [{name: int(v) if name in NUMBERS else v for name, v in row.items()} for row in rows]


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    return postgres.database("ledger")


@pytest.fixture
async def store(url: str) -> AsyncIterator[PostgresStore]:
    made = await store_in(url)
    yield made
    await made.stop()


def expected_link(giver: dict[str, Any], receiver: dict[str, Any]) -> str:
    transfer = Transfer(
        kind=receiver["kind"],
        transfer_id=receiver["transfer_id"],
        reference=receiver["reference"],
        amount_minor=receiver["amount_minor"],
        currency=receiver["currency"],
        giver=giver["account"],
        receiver=receiver["account"],
    )
    return link(giver["prev_hash"], receiver["prev_hash"], transfer)


async def check_books(store: PostgresStore) -> None:
    """Sums are zero, balances are the fold of entries, sequences have no gap, chains hold."""
    entries, accounts = await lines(store, "entries"), await lines(store, "accounts")
    by_transfer: dict[str, int] = defaultdict(int)
    heads: dict[str, tuple[int, int, str]] = defaultdict(lambda: (0, 0, FIRST_HASH))
    for entry in entries:
        sequence, balance_minor, head = heads[entry["account"]]
        by_transfer[entry["transfer_id"]] += entry["amount_minor"]
        assert entry["sequence"] == sequence + 1
        assert entry["balance_minor"] == balance_minor + entry["amount_minor"]
        assert entry["prev_hash"] == head
        heads[entry["account"]] = (sequence + 1, entry["balance_minor"], entry["hash"])
    assert set(by_transfer.values()) == {0}
    for giver, receiver in zip(entries[::2], entries[1::2], strict=True):
        assert giver["transfer_id"] == receiver["transfer_id"]
        assert giver["amount_minor"] < 0
        assert giver["hash"] == receiver["hash"] == expected_link(giver, receiver)
    for account in accounts:
        mine = (account["sequence"], account["balance_minor"], account["hash"])
        assert mine == heads[account["account"]]


async def test_a_transfer_is_booked_once_and_its_replay_exists(store: PostgresStore) -> None:
    outcomes = [(await store.hold(hold_request(1))).outcome for _ in range(2)]
    outcomes += [(await store.post("p1", post_request(1))).outcome for _ in range(2)]
    assert outcomes == ["booked", "exists", "booked", "exists"]
    await check_books(store)


async def test_the_same_id_with_another_amount_is_a_conflict(store: PostgresStore) -> None:
    await store.hold(hold_request(1))
    assert (await store.hold(hold_request(1, amount_minor=5))).outcome == "conflict"
    assert (await store.post("p1", post_request(1, amount_minor=5))).outcome == "conflict"


async def test_a_hold_is_posted_or_voided_but_never_both(store: PostgresStore) -> None:
    for number in (1, 2):
        await store.hold(hold_request(number))
    void = VoidRequest(reference="k1")
    assert (await store.post("p1", post_request(1))).outcome == "booked"
    assert (await store.void("p1", void)).outcome == "wrong_state"
    assert (await store.void("p2", VoidRequest(reference="k2"))).outcome == "booked"
    assert (await store.post("p2", post_request(2))).outcome == "wrong_state"
    await check_books(store)


async def test_post_and_void_at_once_leave_one_of_them(store: PostgresStore) -> None:
    for number in range(20):
        await store.hold(hold_request(number))
        void = VoidRequest(reference=f"k{number}")
        both = await asyncio.gather(
            store.post(f"p{number}", post_request(number)), store.void(f"p{number}", void)
        )
        assert sorted(result.outcome for result in both) == ["booked", "wrong_state"]
    await check_books(store)


async def test_a_refused_hold_stays_refused_when_there_is_money_again(
    store: PostgresStore,
) -> None:
    await store.hold(hold_request(1, amount_minor=FUNDS_MINOR))
    refused = await store.hold(hold_request(2))
    assert (refused.outcome, refused.reason) == ("refused", "insufficient_funds")
    await store.void("p1", VoidRequest(reference="k1"))
    assert (await store.hold(hold_request(2))).outcome == "refused"
    assert (await store.hold(hold_request(3))).outcome == "booked"


async def test_what_does_not_exist_is_said_to_be_unknown(store: PostgresStore) -> None:
    assert (await store.hold(hold_request(1, payer=9999))).outcome == "unknown_account"
    assert (await store.post("p9", post_request(9))).outcome == "no_such_hold"


async def test_one_id_from_many_sides_at_once_is_booked_once(store: PostgresStore) -> None:
    results = await asyncio.gather(*(store.hold(hold_request(1)) for _ in range(20)))
    assert sorted(result.outcome for result in results) == ["booked"] + ["exists"] * 19
    await check_books(store)


async def test_crossing_transfers_end_without_deadlock_and_nobody_overdraws(
    store: PostgresStore,
) -> None:
    third = FUNDS_MINOR // 3 + 1
    holds = [hold_request(n, amount_minor=third, payer=n % 5) for n in range(25)]
    results = await asyncio.gather(*(store.hold(request) for request in holds))
    assert sum(result.outcome == "booked" for result in results) == 10
    posts = [
        store.post(request.payment_id, post_request(n, amount_minor=third))
        for n, (request, result) in enumerate(zip(holds, results, strict=True))
        if result.outcome == "booked"
    ]
    assert {result.outcome for result in await asyncio.gather(*posts)} == {"booked"}
    await check_books(store)


async def test_replicas_whose_moves_cross_never_wait_for_each_other(
    store: PostgresStore, url: str
) -> None:
    """Each statement holds many accounts: in another order each, they would be in a deadlock."""
    other = await store_in(url)
    for begin in range(0, 400, 100):
        numbers = [*range(begin, begin + 50), *range(begin + 99, begin + 49, -1)]
        holds = [hold_request(n, payer=n % 7) for n in numbers]
        held = [(store, other)[n % 2].hold(hold) for n, hold in zip(numbers, holds, strict=True)]
        assert {result.outcome for result in await asyncio.gather(*held)} == {"booked"}
        posts = [(other, store)[n % 2].post(f"p{n}", post_request(n)) for n in reversed(numbers)]
        assert {result.outcome for result in await asyncio.gather(*posts)} == {"booked"}
    await other.stop()
    await check_books(store)


async def test_two_replicas_that_start_at_once_fund_the_payers_once(
    postgres: PostgresServer,
) -> None:
    url = postgres.database("ledger_twice")
    first, second = await asyncio.gather(store_in(url), store_in(url))
    accounts = {row["account"]: row for row in await lines(second, "accounts")}
    assert accounts["payer-0999"]["balance_minor"] == FUNDS_MINOR
    assert accounts["equity"]["balance_minor"] == -1000 * FUNDS_MINOR
    assert len(accounts) == 2101
    await first.stop()
    await second.stop()


@pytest.mark.parametrize("table", ["entries", "transfers"])
@pytest.mark.parametrize("change", ["delete from {}", "truncate {}", "update {} set kind = 'x'"])
async def test_the_database_itself_refuses_to_rewrite_history(
    store: PostgresStore, postgres: PostgresServer, table: str, change: str
) -> None:
    before = await lines(store, "entries")
    assert postgres.psql("ledger", change.format(table)) is None
    assert await lines(store, "entries") == before


@pytest.mark.parametrize("payee", ["held:payer-0001", "held:payer-0002", "equity", "payer-0001"])
async def test_only_another_customer_account_can_be_paid(store: PostgresStore, payee: str) -> None:
    before = await lines(store, "accounts")
    assert (await store.hold(hold_request(1, payee=payee))).outcome == "not_a_customer"
    assert (await store.post("p1", post_request(1))).outcome == "no_such_hold"
    assert await lines(store, "accounts") == before


async def test_a_funding_account_cannot_pay(store: PostgresStore) -> None:
    request = structs.replace(hold_request(1), payer="equity")
    assert (await store.hold(request)).outcome == "not_a_customer"


async def test_a_hold_is_posted_to_its_recorded_payee_only(store: PostgresStore) -> None:
    await store.hold(hold_request(1))
    other = structs.replace(post_request(1), payee="merchant-002")
    assert (await store.post("p1", other)).outcome == "conflict"
    assert (await store.post("p1", post_request(1))).outcome == "booked"
    assert (await store.post("p1", other)).outcome == "conflict"
    accounts = {row["account"]: row["balance_minor"] for row in await lines(store, "accounts")}
    assert (accounts["merchant-001"], accounts["merchant-002"]) == (100, 0)
    await check_books(store)


async def test_a_hold_is_ended_under_its_own_reference_only(store: PostgresStore) -> None:
    await store.hold(hold_request(1))
    stranger = structs.replace(post_request(1), reference="k2")
    assert (await store.post("p1", stranger)).outcome == "conflict"
    assert (await store.void("p1", VoidRequest(reference="k2"))).outcome == "conflict"


async def test_the_same_hold_with_another_payee_is_a_conflict(store: PostgresStore) -> None:
    await store.hold(hold_request(1))
    assert (await store.hold(hold_request(1, payee="merchant-002"))).outcome == "conflict"


@pytest.mark.parametrize("poison", ["\0", "\ud800"])
async def test_content_that_the_database_refuses_fails_alone_in_its_statement(
    store: PostgresStore, poison: str
) -> None:
    holds = [hold_request(number, payer=number) for number in range(8)]
    holds[5] = structs.replace(holds[5], currency=f"A{poison}B")
    told = await asyncio.gather(*map(store.hold, holds), return_exceptions=True)
    assert isinstance(told[5], StatementRefusedError)
    sound = [one.outcome for one in told if not isinstance(one, BaseException)]
    assert sound == ["booked"] * 7
    await check_books(store)


async def test_the_version_changes_with_what_is_booked_and_with_nothing_else(
    store: PostgresStore,
) -> None:
    versions = [await store.version()]
    await store.hold(hold_request(1, payer=9999))
    await store.hold(hold_request(2, amount_minor=FUNDS_MINOR + 1))
    versions.append(await store.version())
    await store.hold(hold_request(3))
    versions.append(await store.version())
    await store.hold(hold_request(3))
    versions.append(await store.version())
    assert versions[0] == versions[1] != versions[2] == versions[3]
