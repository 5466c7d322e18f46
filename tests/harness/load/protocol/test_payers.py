"""A payer of a YAML scenario: which request follows which answer, and what is known at the end."""

from __future__ import annotations

from typing import Any, cast

import msgspec
import pytest

from harness.load.payer import Answer, Intent, Learned, Request, Wait
from harness.load.protocol.description import Description
from harness.load.protocol.payers import ProtocolPayers
from harness.load.records import ErrorClass, Outcome

OK, FAIL, INFO = Outcome.OK, Outcome.FAIL, Outcome.INFO
CREATE: dict[str, Any] = {
    "path": "/orders",
    "body": {"order": {"amount_minor": 1250}, "note": "number {number}"},
    "key_field": "order.key",
    "key_header": "Idempotency-Key",
    "done": ["2xx"],
    "refused": ["4xx"],
    "again": [429],
    "unknown": [202, 409],
}
STATUS = {"path": "/orders/{key}", "done": [200], "refused": [410]}
STEADY = {"steady": {"per_s": 10}}


def payers(**parts: Any) -> ProtocolPayers:  # noqa: ANN401  # any part of a description
    values = {"curve": STEADY, "create": CREATE, "status": STATUS, **parts}
    return ProtocolPayers(msgspec.convert(values, Description))


def intent(due_s: float = 0.0) -> Intent:
    return Intent(seed=1, number=7, key="k-7", due_s=due_s, stop_s=100.0)


def carried(made: ProtocolPayers, *answers: int | Answer) -> tuple[list[str], Outcome | None]:
    """The names of the requests that were sent for these answers, and the outcome if it ended."""
    payer, sent = made.payer(intent()), []
    step = next(payer)
    for said in answers:
        sent.append(cast("Request", step).name)
        answer = said if isinstance(said, Answer) else Answer(said, ErrorClass.NONE)
        learned = cast("Learned", payer.send(answer))
        if not isinstance(next(payer, None), Wait):
            return sent, learned.outcome
        step = next(payer)
    return sent, None


def no_answer(error: ErrorClass) -> Answer:
    return Answer(0, error)


@pytest.mark.parametrize(
    ("answers", "names", "outcome"),
    [
        ([201], ["create"], OK),
        ([404], ["create"], FAIL),
        ([429, 201], ["create", "create"], OK),
        ([no_answer(ErrorClass.REFUSED), 201], ["create", "create"], OK),
        ([202, 200], ["create", "status"], OK),
        ([409, 404, 200], ["create", "status", "create"], OK),
        ([503, 404, 422, 410], ["create", "status", "create", "status"], FAIL),
        ([no_answer(ErrorClass.RESET), 200], ["create", "status"], OK),
        ([503] * 5, ["create", "status", "create", "status", "create"], INFO),
    ],
)
def test_an_answer_decides_what_is_sent_next(
    answers: list[int | Answer], names: list[str], outcome: Outcome
) -> None:
    assert carried(payers(), *answers) == (names, outcome)


def test_an_api_without_a_status_request_gets_the_same_request_again() -> None:
    assert carried(payers(status=None), 500, 201) == (["create", "create"], OK)


def test_a_create_request_that_must_not_be_repeated_is_sent_once() -> None:
    once = {"repeat": False}
    assert carried(payers(retry=once), 500, 404, 200) == (["create", "status", "status"], OK)
    assert carried(payers(retry=once, status=None), 500) == (["create"], INFO)


def test_a_field_of_the_answer_can_say_what_became_of_it() -> None:
    says = {"field": "state.now", "done": ["captured"], "refused": ["declined"]}
    made = payers(create={**CREATE, "says": says})
    for body, outcome in (
        (b'{"state": {"now": "captured"}}', OK),
        (b'{"state": {"now": "declined"}}', FAIL),
    ):
        assert carried(made, Answer(201, ErrorClass.NONE, body)) == (["create"], outcome)
    for unknown in (b'{"state": {"now": "pending"}}', b'{"state": "captured"}', b"not JSON"):
        said = Answer(201, ErrorClass.NONE, unknown)
        assert carried(made, said, 200) == (["create", "status"], OK)


def test_the_key_and_the_number_stand_in_every_place() -> None:
    headers = {"X-Trace": "run-{number}", "content-type": "application/vnd.order+json"}
    request = cast("Request", next(payers(headers=headers).payer(intent())))
    assert msgspec.json.decode(request.body) == {
        "order": {"amount_minor": 1250, "key": "k-7"},
        "note": "number 7",
    }
    assert dict(request.headers) == {
        "content-type": "application/vnd.order+json",
        "X-Trace": "run-7",
        "Idempotency-Key": "k-7",
    }
    assert request.effect


def test_an_intent_gives_up_in_time() -> None:
    payer = payers(retry={"give_up_s": 5}).payer(intent(due_s=10))
    next(payer)
    payer.send(Answer(500, ErrorClass.NONE, at_s=15.1))
    assert next(payer, None) is None


def test_what_is_asked_can_be_compared_with_the_records() -> None:
    body = {"amount_minor": 1250, "note": "n {number}", "more": {"a": 1}}
    create = {**CREATE, "body": body, "key_field": None}
    asks = payers(create=create, asked=["amount_minor", "note"]).asks
    assert asks is not None
    assert asks.columns == {"key": "text", "amount_minor": "integer", "note": "text"}
    assert asks.row(1, 3, "k-3") == ("k-3", 1250, "n 3")
