"""The limits of a connection pool, and the variable that sets its size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

POOL_SIZE: Final = "POOL_SIZE"
POOL_SIZES: Final = (1, 1000)
WAIT_GUARD: Final = "pool"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolLimits:
    """Every wait has its limit; the statement timeout is the server's, the others are ours.

    `acquire_timeout_s` bounds waiting for a connection and making a new one. `warm` connections
    are made before the service is ready, because a login under load is slow.
    """

    size: int = 10
    warm: int = 3
    acquire_timeout_s: float = 0.3
    connect_timeout_s: float = 0.25
    statement_timeout_s: float = 1.0
    lock_timeout_s: float = 0.5
    answer_timeout_s: float = 1.2
    export_timeout_s: float = 30.0
