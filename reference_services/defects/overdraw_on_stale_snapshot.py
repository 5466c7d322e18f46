"""Defect: the bound of an account is checked in one transaction and the hold booked in the next."""

from __future__ import annotations

from reference_services.defects.parts.bound_outside import BoundOutside, without_bound

SWAPS = {"ledger.schema": without_bound, "ledger.database": BoundOutside}
