"""Every fifth arrival asks for an earlier payment; all others pay as usual."""

from __future__ import annotations

import pytest

from harness.load.payer import Answer, Intent, Learned, Request
from harness.load.records import ErrorClass, Outcome
from scenarios.payment_payers import PAY
from scenarios.queried_payers import EARLIER, EVERY, QUERY, QueriedPayers


def intent(number: int) -> Intent:
    return Intent(seed=11, number=number, key=f"run-{number}", due_s=1.0, stop_s=100.0)


def first(number: int) -> Request:
    found = next(QueriedPayers().payer(intent(number)))
    assert isinstance(found, Request)
    return found


def test_every_fifth_asks_for_a_payment_that_was_made() -> None:
    number = 2 * EARLIER
    asked = first(number)
    key = asked.path.rpartition("/")[2]
    assert (asked.name, asked.effect) == (QUERY, False)
    paid = first(int(key.removeprefix("run-")))
    assert (paid.name, dict(paid.headers)["Idempotency-Key"]) == (PAY, key)


def test_all_others_and_the_first_ones_pay() -> None:
    names = {first(number).name for number in range(EARLIER)}
    assert names == {PAY}
    later = range(2 * EARLIER, 3 * EARLIER)
    assert sum(first(number).name == QUERY for number in later) == EARLIER // EVERY


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(200, ErrorClass.NONE), Outcome.OK),
        (Answer(404, ErrorClass.NONE), Outcome.OK),
        (Answer(503, ErrorClass.NONE), Outcome.FAIL),
        (Answer(0, ErrorClass.READ_TIMEOUT), Outcome.FAIL),
    ],
)
def test_a_query_is_asked_once_and_well_if_it_is_answered(answer: Answer, outcome: Outcome) -> None:
    payer = QueriedPayers().payer(intent(2 * EARLIER))
    next(payer)
    assert payer.send(answer) == Learned(outcome, 0)
    with pytest.raises(StopIteration) as end:
        next(payer)
    assert end.value.value is outcome
