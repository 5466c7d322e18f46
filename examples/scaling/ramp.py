"""A load that is small at first, then rises by the same amount each second, beyond any knee."""

from dataclasses import dataclass
from typing import Final

from scenarios.payment_payers import PaymentPayers


@dataclass(frozen=True, slots=True, kw_only=True)
class LateRise:
    """A base rate, then a straight line that goes on to the end."""

    base_per_s: float
    rise_at_s: float
    rise_per_s2: float
    highest: float

    def rate(self, at_s: float) -> float:
        """Arrivals per second at that second of the run."""
        risen = self.base_per_s + self.rise_per_s2 * max(at_s - self.rise_at_s, 0.0)
        return min(risen, self.highest)


CURVE: Final = LateRise(base_per_s=80.0, rise_at_s=10.0, rise_per_s2=24.0, highest=800.0)
PAYERS: Final = PaymentPayers()
ENGINE: Final = "lean"
