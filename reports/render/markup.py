"""Text inside the page: neither HTML nor anything that changes how the page is shown."""

from __future__ import annotations

from html import escape as escape_html

from harness.inert_text import inert


def escape(text: str) -> str:
    """The text as a reader is to see it, in one line."""
    return escape_html(inert(text))


def scrolled(inside: str, label: str) -> str:
    """A box with its own sideways scroll, which a keyboard reaches too."""
    named = f'role="region" aria-label="{escape(label)}"'
    return f'<div class="scroll" tabindex="0" {named}>{inside}</div>'


def commands(*lines: str) -> str:
    """Commands to be copied, one a line; the box scrolls sideways, so a keyboard must reach it."""
    return f'<pre tabindex="0">{"".join(f"{escape(line)}{chr(10)}" for line in lines)}</pre>'
