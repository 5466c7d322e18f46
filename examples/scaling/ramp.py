"""A load that rises by the same amount each second, beyond any knee, and then falls to its base.

After the fall the system ends what the ramp has left open, so that every payment can be checked.
"""

from dataclasses import dataclass
from typing import Final

from scenarios.payment_payers import PaymentPayers


@dataclass(frozen=True, slots=True, kw_only=True)
class LateRise:
    """A base rate, a straight line up to the highest one, and the base rate again."""

    base_per_s: float
    rise_at_s: float
    rise_per_s2: float
    highest: float

    def rate(self, at_s: float) -> float:
        """Arrivals per second at that second of the run."""
        risen = self.base_per_s + self.rise_per_s2 * max(at_s - self.rise_at_s, 0.0)
        return risen if risen <= self.highest else self.base_per_s


CURVE: Final = LateRise(base_per_s=100.0, rise_at_s=8.0, rise_per_s2=60.0, highest=860.0)
PAYERS: Final = PaymentPayers()
ENGINE: Final = "lean"
