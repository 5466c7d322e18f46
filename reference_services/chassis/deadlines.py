"""The caller's deadline: read from its header, kept for this request, asked by every wait.

`Request-Timeout-Ms` says how many milliseconds the caller still waits for this answer. A duration,
not a time of day: callers and services need no common clock. A missing header means no limit.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import Final

from starlette.requests import Request

from reference_services.chassis.errors import InvalidError
from reference_services.chassis.problems import not_processed
from reference_services.resilience.deadline import TIMEOUT_HEADER as HEADER

MAX_MS: Final = 600_000
NEVER_S: Final = float("inf")
CURRENT_S: Final[ContextVar[float]] = ContextVar("deadline_s", default=NEVER_S)  # monotonic


def begin(request: Request) -> None:
    """Keep the request's deadline. Raises InvalidError, and ProblemError (503) if it has passed."""
    CURRENT_S.set(read(request))
    if left_s() <= 0:
        raise not_processed("deadline-expired", "the caller waits no longer")


def read(request: Request) -> float:
    """The deadline in monotonic seconds. Raises InvalidError."""
    values = request.headers.getlist(HEADER)
    if not values:
        return NEVER_S
    text = values[0]
    plain = len(values) == 1 and text.isascii() and text.isdecimal() and len(text) <= len("600000")
    if not plain or int(text) > MAX_MS:
        raise InvalidError(f"{HEADER}: {text[:20]!a}: allowed is one number, 0 to {MAX_MS}")
    return time.monotonic() + int(text) / 1000


def left_s() -> float:
    """Seconds until the deadline of the current request; infinite if it has none."""
    return CURRENT_S.get() - time.monotonic()
