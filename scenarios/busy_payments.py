"""A busy hour: payments at one rate that leaves a fifth of two slow cores free."""

from typing import Final

from harness.load.traffic import Steady
from scenarios.payment_payers import PaymentPayers

CURVE: Final = Steady(per_s=180.0)
PAYERS: Final = PaymentPayers()
ENGINE: Final = "lean"
