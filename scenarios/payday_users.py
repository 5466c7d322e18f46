"""The payments of `payday_spike` as ordinary Locust users."""

from typing import Final

from scenarios.payday_spike import CURVE as PAYDAY
from scenarios.payment_users import PaymentUser

CURVE: Final = PAYDAY


class PaydayPayer(PaymentUser):
    """Pays at the rate of the curve."""

    curve = CURVE
