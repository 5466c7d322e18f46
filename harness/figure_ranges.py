"""Ranges that no run leaves: a stored file with a figure outside of them is unreadable.

They are checked where a record is decoded, never where it is made or written.
"""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

DAY_S: Final = 86_400.0  # a run lasts an hour at most
_MOST_COUNT: Final = 2**40
Seed = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Whole = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Nanoseconds = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Instant = Annotated[float, Meta(ge=-DAY_S, le=DAY_S)]  # in seconds since the run's zero
Duration = Annotated[float, Meta(ge=0, le=DAY_S)]
Count = Annotated[int, Meta(ge=0, le=_MOST_COUNT)]
Scale = Annotated[float, Meta(gt=0, le=1_000_000)]
Share = Annotated[float, Meta(ge=0, le=1)]
Ratio = Annotated[float, Meta(ge=0, le=1e12)]
