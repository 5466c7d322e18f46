"""How exactly the load was delivered."""

from __future__ import annotations

import msgspec


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """How truly the load was delivered.

    `open_loop` is False where users sent at their own pace; `clock_error_ms` bounds how far the
    clocks of the workers may be apart.
    """

    scheduled: int | None = None
    started: int | None = None
    delivered_ratio: float | None = None
    lateness_ms_p50: float | None = None
    lateness_ms_p99: float | None = None
    open_loop: bool = True
    clock_error_ms: float = 0.0
