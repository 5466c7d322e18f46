"""Most arrivals pay; every fifth only asks for the status of an earlier payment.

The query has a request name of its own, so that an SLO can be about it alone: its answer needs
neither the ledger nor the bank.
"""

from __future__ import annotations

from typing import Final

from harness.load.payer import Answer, Intent, Learned, Payer, Request
from harness.load.records import Outcome
from scenarios.payment_payers import NAMES, PaymentPayers

QUERY: Final = "query"
EVERY: Final = 5
EARLIER: Final = 200  # arrivals: the payment has long been taken in
_KNOWN: Final = (200, 404)  # 404: the payment was refused, and its key was never stored


_PAYERS: Final = PaymentPayers()


class QueriedPayers:
    """Makes the payer of each intent: `PAYERS` of a scenario for the lean engine."""

    names = (*NAMES, QUERY)
    asks = _PAYERS.asks

    def payer(self, intent: Intent) -> Payer:
        """A query if it is its turn and there is an earlier payment."""
        earlier = intent.number - EARLIER - 1
        if intent.number % EVERY or earlier < 0:
            return _PAYERS.payer(intent)
        return query(f"{intent.key.removesuffix(str(intent.number))}{earlier}")


def query(key: str) -> Payer:
    """Ask once for the status of a payment."""
    answer = yield Request(QUERY, "GET", f"/v1/payments/{key}")
    known = isinstance(answer, Answer) and answer.status in _KNOWN
    outcome = Outcome.OK if known else Outcome.FAIL
    yield Learned(outcome, 0)
    return outcome
