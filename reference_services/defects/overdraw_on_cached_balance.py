"""Defect: the bound of an account is checked against a balance that was read up to a second ago."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from reference_services.defects.parts.bound_outside import BoundOutside, without_bound

_KEPT_S: Final = 1.0


class CachedBalances(BoundOutside):
    """Balances in the memory of this process."""

    def __init__(self, sound: Any) -> None:  # noqa: ANN401  # the sound database
        super().__init__(sound)
        self._kept: dict[str, tuple[float, int]] = {}

    async def balances(self, payers: list[str]) -> Mapping[str, int]:
        """As they were when they were last read."""
        now_s = time.monotonic()
        old = [p for p in payers if self._kept.get(p, (0.0, 0))[0] < now_s - _KEPT_S]
        if old:
            for payer, minor in (await super().balances(old)).items():
                self._kept[payer] = (now_s, minor)
        return {payer: self._kept[payer][1] for payer in payers if payer in self._kept}


SWAPS = {"ledger.schema": without_bound, "ledger.database": CachedBalances}
