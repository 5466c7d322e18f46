"""What a deploy tool is told of a run or a campaign: one of five words, and why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from reports.outlets.summary import VerdictSummary

ANSWER_SCHEMA = 1
Told = Literal["PASS", "FAIL", "INCONCLUSIVE", "INVALID", "PENDING"]
Read = Callable[[], "Answer"]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """GET /verdict. PENDING: the run or campaign has not come to its end."""

    schema: Literal[1] = 1
    verdict: Told
    name: str = ""
    reasons: tuple[str, ...] = ()
    again: str = ""


def answer_of(summary: VerdictSummary) -> Answer:
    """The answer for a verdict."""
    return Answer(
        verdict=summary.verdict, name=summary.name, reasons=summary.reasons, again=summary.again
    )


class Remembered:
    """Reads an answer when its sealed files are new, and again whenever the seal changed.

    `judge` may raise anything that a damaged folder causes; it is called in one thread at a time.
    """

    def __init__(self, seal: Path, judge: Read) -> None:
        self._seal, self._judge = seal, judge
        self._known: tuple[int, Answer] | None = None

    def __call__(self) -> Answer:
        """PENDING until the folder is sealed."""
        try:
            changed_ns = self._seal.stat().st_mtime_ns
        except FileNotFoundError:
            return Answer(verdict="PENDING")
        if self._known is None or self._known[0] != changed_ns:
            self._known = changed_ns, self._judge()
        return self._known[1]
