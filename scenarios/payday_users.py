"""The payday of `payday_spike` as ordinary Locust users, at 0.8 of its rates."""

from typing import Final

from harness.load.traffic import Spike
from scenarios.payment_users import PaymentUser

# Locust's users take a tenth of two slow cores more than the lean engine: decision 0041.
CURVE: Final = Spike(
    base_per_s=80.0, peak_per_s=192.0, rise_at_s=12.0, rise_s=8.0, hold_s=25.0, fall_s=10.0
)


class PaydayPayer(PaymentUser):
    """Pays at the rate of the curve."""

    curve = CURVE
