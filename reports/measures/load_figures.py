"""How exactly the load was delivered."""

from __future__ import annotations

import msgspec


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """How truly the load was delivered."""

    scheduled: int | None = None
    started: int | None = None
    delivered_ratio: float | None = None
    lateness_ms_p50: float | None = None
    lateness_ms_p99: float | None = None
