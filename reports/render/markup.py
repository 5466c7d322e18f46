"""Text inside the page: neither HTML nor anything that changes how the page is shown."""

from __future__ import annotations

from html import escape as escape_html

from harness.inert_text import inert


def escape(text: str) -> str:
    """The text as a reader is to see it, in one line."""
    return escape_html(inert(text))
