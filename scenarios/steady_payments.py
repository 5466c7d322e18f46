"""An ordinary hour: payments at one rate, so that nothing but the fault can move a figure."""

from typing import Final

from harness.load.traffic import Steady
from scenarios.paying_user import PayingUser

CURVE: Final = Steady(per_s=120.0)


class SteadyPayer(PayingUser):
    """Pays as the curve says."""

    curve = CURVE
