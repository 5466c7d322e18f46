"""The frame of a page of a campaign: one file without JavaScript, requests or outside parts."""

from __future__ import annotations

from typing import Final

from reports.render.markup import escape
from reports.render.style import sheet

# No script and no request; the one style sheet is inside the page.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_MORE: Final = """
.inconclusive{color:#8a5a00}.scroll{overflow-x:auto}.small{max-width:520px}
.cells td,.cells th{min-width:96px}td.dots{min-width:240px}
@media(prefers-color-scheme:dark){.inconclusive{color:#e5b45a}}
@media(max-width:480px){h1{font-size:22px}td,th{padding-right:8px}}
@media print{.scroll{overflow:visible}}
"""
_MOST_TEXT: Final = 600


def whole(title: str, body: str) -> str:
    """The whole page as text."""
    view = '<meta name="viewport" content="width=device-width,initial-scale=1">'
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    style = f"<style>{sheet()}{_MORE}</style>"
    head = f'<meta charset="utf-8">{policy}{view}<title>{escape(title)}</title>{style}'
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}</head><body><main>\n'
        f"{body}\n</main></body></html>\n"
    )


def cut(text: str) -> str:
    """At most so much of a text as a reader reads."""
    return text if len(text) <= _MOST_TEXT else f"{text[: _MOST_TEXT - 1]}…"
