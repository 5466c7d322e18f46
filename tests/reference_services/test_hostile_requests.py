"""Each service refuses what breaks its rules before anything is batched, stored or sent on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.postgres_server import PostgresServer
from tests.support.services_in_process import (
    CHARGE,
    HOLD,
    PAYMENT,
    bank,
    body_of,
    is_refused,
    ledger,
    payments,
    version,
)

pytestmark = pytest.mark.anyio
EXAMPLES = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
HOSTILE_TEXT = st.one_of(
    st.sampled_from(
        (
            "",
            "\0",
            "A\0B",
            "a\nb",
            "k1\n",
            "\ud800",
            "\udfff\ud800",
            "%",
            "k%",
            "'; drop table entries; --",
            "é",
            "ÄÖÜ",
            "\N{KELVIN SIGN}EU",
            "\u202e",
            "a" * 129,
            "a" * 20_000,
            "a|b",
            "a b",
            "../x",
        )
    ),
    st.text(min_size=1).filter(lambda text: not text.isascii()),
    st.text(st.characters(max_codepoint=31), min_size=1),
)
HOSTILE_CURRENCY = st.one_of(
    HOSTILE_TEXT, st.sampled_from(("eur", "Eur", "EURO", "EU", "E1R", "E-R", "EUR ", "EUR\n"))
)
HOSTILE_ACCOUNT = st.one_of(
    HOSTILE_TEXT, st.sampled_from(("held:payer-0001", "equity", "world", "World", "fund:x"))
)
HOSTILE_AMOUNT: st.SearchStrategy[object] = st.one_of(
    st.integers(max_value=0),
    st.integers(min_value=10**12 + 1),
    st.floats(),
    st.sampled_from((True, False, None, "100", "", 1.0, 2**63, 10**400, [1], {})),
)


def hostile(sound: dict[str, object]) -> st.SearchStrategy[dict[str, object]]:
    """The sound body with one field spoilt, missing or too many."""

    @st.composite
    def spoilt(draw: st.DrawFn) -> dict[str, object]:
        body = dict(sound)
        field = draw(st.sampled_from((*body, "unknown")))
        if field in ("payer", "payee"):
            body[field] = draw(HOSTILE_ACCOUNT)
        elif field == "amount_minor":
            body[field] = draw(HOSTILE_AMOUNT)
        elif field == "currency":
            body[field] = draw(HOSTILE_CURRENCY)
        elif field != "unknown":
            body[field] = draw(st.one_of(HOSTILE_TEXT, st.sampled_from((None, 5, True, []))))
        else:
            body[draw(st.sampled_from(("amount", "", "__proto__", "payer\0")))] = 1
        if draw(st.integers(0, 9)) == 0 and field in sound:
            del body[field]
        return body

    return spoilt()


@pytest.fixture(scope="module")
def ledger_url(postgres: PostgresServer) -> str:
    return postgres.database("hostile_ledger")


@pytest.fixture(scope="module")
def payments_url(postgres: PostgresServer) -> str:
    return postgres.database("hostile_payments")


@EXAMPLES
@given(bodies=st.lists(hostile(HOLD), min_size=1, max_size=4), number=st.integers(0, 10**9))
async def test_the_ledger_refuses_a_hostile_hold_and_its_neighbours_are_booked(
    ledger_url: str, bodies: list[dict[str, object]], number: int
) -> None:
    async with ledger(ledger_url) as client:
        sound = [
            HOLD | {"payment_id": f"s{number}-{n}", "payer": f"payer-{n:04}"} for n in range(3)
        ]
        asked = [client.post("/v1/holds", content=body_of(body)) for body in (*bodies, *sound)]
        answers = await asyncio.gather(*asked)
    assert all(map(is_refused, answers[: len(bodies)]))
    assert [answer.status_code for answer in answers[len(bodies) :]] == [200] * 3


@EXAMPLES
@given(body=hostile(PAYMENT))
async def test_payments_refuses_a_hostile_payment_before_it_stores_or_calls_anything(
    payments_url: str, body: dict[str, object]
) -> None:
    async with payments(payments_url) as client:
        before = await version(client, "/evidence/payments")
        headers = {"Idempotency-Key": "key-1"}
        answer = await client.post("/v1/payments", content=body_of(body), headers=headers)
        assert is_refused(answer)
        assert await version(client, "/evidence/payments") == before


@EXAMPLES
@given(body=hostile(CHARGE))
async def test_the_bank_refuses_a_hostile_charge(
    tmp_path_factory: pytest.TempPathFactory, body: dict[str, object]
) -> None:
    async with bank(tmp_path_factory.mktemp("bank")) as client:
        assert is_refused(await client.post("/v1/charges", content=body_of(body)))
        assert await version(client, "/evidence/charges") == "0"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"key": "\xff"}',
        b"\xef\xbb\xbf{}",
        b"[" * 16_000,
        b'{"key":' * 2_000,
        b'{"amount_minor": ' + b"9" * 10_000 + b"}",
        b" " * 16_385,
    ],
)
async def test_bytes_that_are_no_request_are_refused_by_every_service(
    body: bytes, ledger_url: str, payments_url: str, tmp_path: Path
) -> None:
    async with ledger(ledger_url) as one, payments(payments_url) as two, bank(tmp_path) as three:
        answers = [
            await one.post("/v1/holds", content=body),
            await one.post("/v1/holds/p1/post", content=body),
            await one.post("/v1/holds/p1/void", content=body),
            await two.post("/v1/payments", content=body, headers={"Idempotency-Key": "k"}),
            await three.post("/v1/charges", content=body),
        ]
    assert all(map(is_refused, answers))


async def test_a_body_without_a_declared_length_is_cut_off_at_the_limit(tmp_path: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 1024

    async with bank(tmp_path) as client, asyncio.timeout(5):
        answer = await client.post("/v1/charges", content=endless())
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "key", [b"", b"a b", b"a\x00b", b"\xff", b"%", b"a" * 129, b"k\n", "é".encode()]
)
async def test_a_hostile_idempotency_key_is_refused(key: bytes, payments_url: str) -> None:
    async with payments(payments_url) as client:
        before = await version(client, "/evidence/payments")
        headers = {b"Idempotency-Key": key}
        answer = await client.post("/v1/payments", content=body_of(PAYMENT), headers=headers)
        assert is_refused(answer)
        assert await version(client, "/evidence/payments") == before


async def test_two_idempotency_keys_in_one_request_are_refused(payments_url: str) -> None:
    async with payments(payments_url) as client:
        headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
        answer = await client.post("/v1/payments", content=body_of(PAYMENT), headers=headers)
    assert is_refused(answer)


@pytest.mark.parametrize("name", ["%00", "a%00b", "%ff", "a%20b", "%25", "%C3%A9", "a" * 129])
async def test_a_hostile_name_in_a_path_is_refused(
    name: str, ledger_url: str, payments_url: str, tmp_path: Path
) -> None:
    post = {key: HOLD[key] for key in ("payee", "reference", "amount_minor", "currency")}
    async with ledger(ledger_url) as one, payments(payments_url) as two, bank(tmp_path) as three:
        answers = [
            await one.post(f"/v1/holds/{name}/post", content=body_of(post)),
            await one.post(f"/v1/holds/{name}/void", content=body_of({"reference": "k"})),
            await two.get(f"/v1/payments/{name}"),
            await three.get(f"/v1/charges/{name}"),
        ]
    assert [answer.status_code for answer in answers] == [422] * 4


@pytest.mark.parametrize("payee", ["held:payer-0001", "equity", "world", "payer-0001"])
async def test_a_payee_that_is_no_other_customer_is_refused_before_the_bank(
    payee: str, payments_url: str
) -> None:
    async with payments(payments_url) as client:
        before = await version(client, "/evidence/payments")
        body = body_of(PAYMENT | {"payee": payee})
        answer = await client.post("/v1/payments", content=body, headers={"Idempotency-Key": "k"})
        assert is_refused(answer)
        assert await version(client, "/evidence/payments") == before
