"""The JSON of a shields.io endpoint badge."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from reports.outlets.base import shortened
from reports.outlets.summary import VerdictSummary

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


def badge(summary: VerdictSummary) -> bytes:
    """`squall ledger-killed: PASS 7/7`; only a PASS is green."""
    held, all_of = summary.count("pass"), len(summary.cases)
    made = Badge(
        label=shortened(f"squall {summary.name}", _LONGEST),
        message=f"{summary.verdict} {held}/{all_of}" if all_of else summary.verdict,
        color=_COLOURS[summary.verdict],
        is_error=summary.verdict != "PASS",
    )
    return msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n"
