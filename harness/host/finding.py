"""One check of what a run needs, as `squall doctor` lists it."""

from __future__ import annotations

import msgspec


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One check: whether it held, what was seen, and how to fix it if it did not."""

    name: str
    ok: bool
    seen: str
    fix: str = ""
