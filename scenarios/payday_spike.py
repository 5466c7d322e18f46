"""Payday: wages arrive, and within eight seconds payments more than double and stay high."""

from typing import Final

from harness.load.traffic import Spike
from scenarios.payment_payers import PaymentPayers

# On two slow cores the busiest second is 92 to 97 % busy, generator included: decision 0069.
PEAK_PER_S: Final = 240.0
CURVE: Final = Spike(
    base_per_s=100.0, peak_per_s=PEAK_PER_S, rise_at_s=12.0, rise_s=8.0, hold_s=25.0, fall_s=10.0
)
PAYERS: Final = PaymentPayers()
ENGINE: Final = "lean"
