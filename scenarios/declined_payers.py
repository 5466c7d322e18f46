"""For two spells most payers ask for more than they have; all others pay as usual.

Who does what follows from the number of the arrival. A payment that its
account cannot cover has a request name of its own, so that an SLO can be about all other payments.
"""

from __future__ import annotations

from functools import partial
from typing import Final

import msgspec

from harness.load.asked import Row
from harness.load.payer import Answer, Intent, Payer, Request, share
from harness.load.records import Outcome
from scenarios.payment_payers import (
    NAMES,
    PATIENCE,
    PAY,
    PaymentBody,
    PaymentsAsked,
    pay,
    payment_of,
)

OVERSPEND: Final = "overspend"
# In a short run at 72/s the first one comes after the baseline, in a long one at 120/s the second.
SPELLS: Final = (range(430, 580), range(3430, 3580))
CAN_PAY_EVERY: Final = 10  # also in a spell
OVERSPENT_MINOR: Final = 2_000_000_000  # of the 1,000,000,000 that every payer has


class DeclinedAsked(PaymentsAsked):
    """What each intent asks for."""

    def row(self, seed: int, intent: int, key: str) -> Row:
        """The payment that this intent makes."""
        it = body_of(seed, intent)
        return key, it.payer, it.payee, it.amount_minor, it.currency


class DeclinedPayers:
    """Makes the payer of each intent: `PAYERS` of a scenario for the lean engine."""

    names = (*NAMES, OVERSPEND)
    asks = DeclinedAsked()

    def payer(self, intent: Intent) -> Payer:
        """One payment, under the request name that says whether it can be paid."""
        until_s = min(intent.stop_s, intent.due_s + PATIENCE.give_up_s)
        draw = partial(share, intent.seed, intent.number)
        paying = pay(intent.key, body_of(intent.seed, intent.number), draw, until_s)
        return _renamed(paying) if overspends(intent.number) else paying


def overspends(intent: int) -> bool:
    """Whether this arrival asks for more than there is."""
    return any(intent in spell for spell in SPELLS) and intent % CAN_PAY_EVERY != 0


def body_of(seed: int, intent: int) -> PaymentBody:
    """Payer, payee and amount: by seed and intent alone."""
    drawn = payment_of(seed, intent)
    if not overspends(intent):
        return drawn
    return msgspec.structs.replace(drawn, amount_minor=OVERSPENT_MINOR)


def _renamed(payer: Payer) -> Payer:
    """The same payer, whose payments have the name OVERSPEND."""
    answer: Answer | None = None
    try:
        while True:
            step = payer.send(answer)
            if isinstance(step, Request) and step.name == PAY:
                step = step._replace(name=OVERSPEND)
            answer = yield step
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome
