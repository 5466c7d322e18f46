"""The payments of `steady_payments` as ordinary Locust users."""

from typing import Final

from harness.load.traffic import Steady
from scenarios.payment_users import PaymentUser

CURVE: Final = Steady(per_s=120.0)


class SteadyPayer(PaymentUser):
    """Pays at the rate of the curve."""

    curve = CURVE
