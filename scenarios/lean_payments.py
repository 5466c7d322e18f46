"""The payments of `steady_payments` by the lean engine, which takes a fifth of the CPU."""

from typing import Final

from harness.load.traffic import Steady
from scenarios.payment_payers import PaymentPayers

CURVE: Final = Steady(per_s=120.0)
PAYERS: Final = PaymentPayers()
ENGINE: Final = "lean"
