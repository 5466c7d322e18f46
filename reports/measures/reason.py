"""Why a run is not accepted: a code and one sentence."""

from __future__ import annotations

import msgspec


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why, in one sentence."""

    code: str
    text: str
