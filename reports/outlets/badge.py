"""The JSON of a shields.io endpoint badge."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from reports.outlets.base import shortened
from reports.outlets.outcome import Outcome

_COLOURS: Final = {
    "PASS": "brightgreen",
    "FAIL": "red",
    "INCONCLUSIVE": "yellow",
    "INVALID": "lightgrey",
}
_LONGEST: Final = 60


class Badge(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Source: shields.io, endpoint badge, schema version 1."""

    schema_version: Literal[1] = 1
    label: str
    message: str
    color: str
    is_error: bool


def badge(outcome: Outcome) -> bytes:
    """`squall ledger-killed: PASS 7/7`; only a PASS is green."""
    held, all_of = outcome.count("pass"), len(outcome.cases)
    made = Badge(
        label=shortened(f"squall {outcome.name}", _LONGEST),
        message=f"{outcome.verdict} {held}/{all_of}" if all_of else outcome.verdict,
        color=_COLOURS[outcome.verdict],
        is_error=outcome.verdict != "PASS",
    )
    return msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n"
