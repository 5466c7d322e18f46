"""The role of an outlet: one form of a verdict that another tool reads."""

from __future__ import annotations

from typing import Protocol

from reports.outlets.summary import VerdictSummary

# What GitHub, GitLab and Jenkins take, with room to spare: a comment holds 64 KB.
MOST_TEXT = 60_000
MOST_ROWS = 200


class Outlet(Protocol):
    """Renders an summary; the same bytes for the same summary."""

    def __call__(self, summary: VerdictSummary) -> bytes:
        """The document, in UTF-8."""


def noop(summary: VerdictSummary) -> bytes:
    """Says nothing."""
    del summary
    return b""


def shortened(text: str, most: int) -> str:
    """At most so many characters, and a mark where something was left out."""
    return text if len(text) <= most else text[: most - 3] + "..."
