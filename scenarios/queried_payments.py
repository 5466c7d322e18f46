"""Payments at one rate, and status queries of earlier payments that a slow bank must not delay."""

from typing import Final

from harness.load.traffic import Steady
from scenarios.queried_payers import QueriedPayers

CURVE: Final = Steady(per_s=120.0)
PAYERS: Final = QueriedPayers()
ENGINE: Final = "lean"
