"""Payers of all kinds at one rate: some repeat a key, some are declined, some are poor."""

from typing import Final

from harness.load.traffic import Steady
from scenarios.mixed_payers import MixedPayers

CURVE: Final = Steady(per_s=120.0)
PAYERS: Final = MixedPayers()
ENGINE: Final = "lean"
