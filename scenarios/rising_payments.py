"""A slow rise beyond what two cores can carry, to find where the system stops keeping up."""

from typing import Final

from harness.load.traffic import Rise
from scenarios.payment_payers import PaymentPayers

CURVE: Final = Rise(from_per_s=200.0, to_per_s=1200.0, rise_s=50.0)
PAYERS: Final = PaymentPayers()
ENGINE: Final = "lean"
