"""Payments at one rate; for two spells most payers ask for more than they have."""

from typing import Final

from harness.load.traffic import Steady
from scenarios.declined_payers import DeclinedPayers

CURVE: Final = Steady(per_s=120.0)
PAYERS: Final = DeclinedPayers()
ENGINE: Final = "lean"
