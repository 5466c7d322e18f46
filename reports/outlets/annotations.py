"""Workflow commands of GitHub Actions: one annotation for each limit that does not hold.

GitHub keeps ten of a kind for a step and drops the rest without a word, so at most nine are
written, and the tenth says how many more there are.
"""

from __future__ import annotations

from typing import Final

from reports.outlets.base import shortened
from reports.outlets.summary import VerdictSummary

MOST: Final = 9
_LEVEL: Final = {"PASS": "notice", "FAIL": "error", "INCONCLUSIVE": "warning", "INVALID": "error"}
_LONGEST: Final = 1_000


def github_annotations(summary: VerdictSummary) -> bytes:
    """A line for each case that failed; without one, a line for each reason."""
    level = _LEVEL[summary.verdict]
    title = f"{summary.verdict}: {summary.name}"
    wrong = [f"{c.name}: {c.detail}" for c in summary.cases if c.state in ("fail", "missing")]
    told = wrong if summary.verdict == "FAIL" and wrong else list(summary.reasons)
    lines = [_command(level, title, text) for text in told[:MOST]]
    if len(told) > MOST:
        lines.append(_command(level, title, f"{len(told) - MOST} more"))
    lines += [_command("warning", title, text) for text in summary.remarks[:MOST]]
    return "".join(f"{line}\n" for line in lines).encode()


def _command(level: str, title: str, text: str) -> str:
    return f"::{level} title={_property(title)}::{_message(shortened(text, _LONGEST))}"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
