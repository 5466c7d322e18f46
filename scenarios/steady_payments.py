"""An ordinary hour: payments at one rate, so that nothing but the fault can move a figure."""

from typing import Final

from harness.load.traffic import Steady
from scenarios.payment_payers import PaymentPayers

CURVE: Final = Steady(per_s=120.0)
PAYERS: Final = PaymentPayers()
ENGINE: Final = "lean"
