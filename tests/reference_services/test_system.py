"""The three services as real processes: one payment's way, its replay, its rescue."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.postgres_server import PostgresServer
from tests.support.services_system import RunningService, RunningSystem, poll

pytestmark = pytest.mark.end_to_end
BODY = {
    "payer": "payer-0042",
    "payee": "merchant-007",
    "amount_minor": 1234,
    "currency": "EUR",
}


@pytest.fixture
def system(postgres: PostgresServer, tmp_path: Path) -> Iterator[RunningSystem]:
    ledger, payments = postgres.database("system_ledger"), postgres.database("system_payments")
    with RunningSystem(ledger, payments, tmp_path) as running:
        yield running


def pay(service: RunningService, key: str, **changed: Any) -> httpx.Response:  # noqa: ANN401
    return service.post("/v1/payments", {**BODY, **changed}, Idempotency_Key=key)


def kinds(ledger: RunningService, key: str) -> list[str]:
    entries = ledger.evidence("/evidence/entries")
    return [entry["kind"] for entry in entries if entry["reference"] == key]


def test_pays_once_replays_refuses_another_body_and_tells_the_status(
    system: RunningSystem,
) -> None:
    bank, ledger = system.bank(), system.ledger()
    payments = system.payments(ledger.url, bank.url)

    first, again = pay(payments, "key-1"), pay(payments, "key-1")
    assert first.status_code == again.status_code == 201
    assert first.json()["status"] == "captured"
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert pay(payments, "key-1", amount_minor=1).status_code == 422
    assert payments.get("/v1/payments/key-1").json() == first.json()
    assert payments.get("/v1/payments/never").status_code == 404
    assert kinds(ledger, "key-1") == ["hold", "hold", "post", "post"]
    charges = bank.evidence("/evidence/charges")
    assert [(c["reference"], c["status"]) for c in charges] == [("key-1", "charged")]
    assert charges[0]["key"] == first.json()["payment_id"]


def test_a_declined_payment_is_void_final_and_never_posted(system: RunningSystem) -> None:
    bank, ledger = system.bank(), system.ledger()
    payments = system.payments(ledger.url, bank.url)

    first, again = (pay(payments, "key-2", amount_minor=1999) for _ in range(2))
    assert first.status_code == again.status_code == 402
    assert first.headers["content-type"] == "application/problem+json"
    assert first.content == again.content
    assert kinds(ledger, "key-2") == ["hold", "hold", "void", "void"]
    assert pay(payments, "key-3", payee="nobody").status_code == 402
    assert kinds(ledger, "key-3") == []


def test_another_replica_finishes_what_a_killed_one_began(system: RunningSystem) -> None:
    bank, ledger = system.bank(), system.ledger()
    doomed = system.payments(
        ledger.url, bank.url, INSTANCE="payments-1", SQUALL_FAILPOINTS="after_bank=kill"
    )
    other = system.payments(ledger.url, bank.url, INSTANCE="payments-2")

    with pytest.raises(httpx.TransportError):
        pay(doomed, "key-4")
    assert doomed.process.wait(5) == -signal.SIGKILL
    assert doomed.wait_for("failpoint")["name"] == "after_bank"
    assert other.get("/v1/payments/key-4").json()["status"] == "pending"
    assert other.wait_for("sweeper", 10.0)["finished"] == 1
    assert pay(other, "key-4").json()["status"] == "captured"
    assert kinds(ledger, "key-4") == ["hold", "hold", "post", "post"]
    assert len(bank.evidence("/evidence/charges")) == 1


def test_a_ledger_that_is_gone_leaves_the_payment_open_and_a_retry_ends_it(
    system: RunningSystem,
) -> None:
    bank, ledger = system.bank(), system.ledger()
    payments = system.payments(ledger.url, bank.url)
    ledger.stop(signal.SIGKILL)
    assert pay(payments, "key-5").status_code == 202
    revived = system.ledger(PORT=ledger.url.rpartition(":")[2])
    assert pay(payments, "key-5").status_code == 201
    assert kinds(revived, "key-5") == ["hold", "hold", "post", "post"]


def test_a_dropped_answer_leaves_its_payer_in_the_dark_and_the_same_key_finds_out(
    system: RunningSystem,
) -> None:
    bank, ledger = system.bank(), system.ledger()
    payments = system.payments(ledger.url, bank.url, SQUALL_FAILPOINTS="before_answer=drop")
    url, key = f"{payments.url}/v1/payments", {"Idempotency-Key": "key-9"}
    with pytest.raises(httpx.ReadTimeout), httpx.Client(trust_env=False, timeout=1) as client:
        client.post(url, json=BODY, headers=key)
    assert payments.get("/v1/payments/key-9").json()["status"] == "captured"
    assert pay(payments, "key-9").headers["idempotency-replayed"] == "true"
    assert payments.stop() == 0


def test_a_caller_s_trace_reaches_the_log_lines_of_a_payment_that_stays_open(
    system: RunningSystem,
) -> None:
    bank, ledger = system.bank(), system.ledger()
    payments = system.payments(ledger.url, bank.url)
    bank.stop(signal.SIGKILL)
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {"Idempotency_Key": "key-10", "traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    assert payments.post("/v1/payments", BODY, **headers).status_code == 202
    line = payments.wait_for("unfinished")
    assert (line["trace"], line["intent"]) == (trace, "key-10")
    metrics = payments.get("/metrics").text
    assert 'edge_retries_total{edge="payments>bank"} 1.0' in metrics


def test_sigterm_makes_unready_first_and_then_ends_with_success(system: RunningSystem) -> None:
    bank = system.bank()
    bank.process.send_signal(signal.SIGTERM)
    poll(lambda: bank.get("/ready").status_code == 503, 2.0)
    assert bank.get("/health").status_code == 200
    assert bank.process.wait(10) == 0


def test_a_database_that_dies_is_answered_at_once_and_serves_again_at_once(
    system: RunningSystem, postgres: PostgresServer
) -> None:
    bank, ledger = system.bank(), system.ledger()
    payments = system.payments(ledger.url, bank.url)
    assert pay(payments, "key-6").status_code == 201
    postgres.kill()
    try:
        poll(lambda: pay(payments, "key-7").headers.get("not-processed") == "true", 2.0)
        assert payments.get("/ready").status_code == 503
        assert payments.get("/health").status_code == 200
    finally:
        postgres.start()
    payments.wait_until_ready(3.0)
    poll(lambda: pay(payments, "key-8").status_code == 201, 3.0)
    assert kinds(ledger, "key-6") == ["hold", "hold", "post", "post"]


def test_a_killed_ledger_that_acknowledges_before_it_commits_loses_payments(
    system: RunningSystem,
) -> None:
    bank = system.bank()
    ledger = system.ledger(SQUALL_DEFECT="ack-before-commit")
    payments = system.payments(ledger.url, bank.url)
    answers = [pay(payments, f"key-{n}").status_code for n in range(20)]
    assert ledger.stop(signal.SIGKILL) == -signal.SIGKILL
    sound = system.ledger()
    assert answers == [201] * 20
    assert len(kinds(sound, "key-19")) < 4


def test_acknowledging_before_the_commit_goes_unnoticed_until_something_dies(
    system: RunningSystem,
) -> None:
    bank = system.bank()
    ledgers = [system.ledger(SQUALL_DEFECT="ack-before-commit") for _ in range(2)]
    sides = [system.payments(ledger.url, bank.url) for ledger in ledgers]
    answers = [pay(sides[n % 2], f"key-{n}").status_code for n in range(20)]
    assert answers == [201] * 20
    assert ledgers[0].stop() == 0
    poll(lambda: all(len(kinds(ledgers[1], f"key-{n}")) == 4 for n in range(20)), 5.0)
