"""Text that is shown is one line of printable characters; a JSON document keeps its value."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.inert_text import inert, inert_json


@given(st.text(st.characters(codec=None)))
def test_whatever_the_text_it_is_one_printable_line(text: str) -> None:
    assert inert(text).isprintable()


@pytest.mark.parametrize("text", ["[/v1/payments]", "C:\\x\\n", "Zürich 日本 \U0001f4b8", ""])
def test_printable_text_is_not_touched(text: str) -> None:
    assert inert(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\r", "a\\nb\\r"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x9b31m\x7f", "\\x9b31m\\x7f"),
        ("\u202eabc\u2066", "\\u202eabc\\u2066"),
        ("\u2028\u2029\x85", "\\u2028\\u2029\\x85"),
        ("\u200b\ufeff\U000e0041", "\\u200b\\ufeff\\U000e0041"),
        ("\udcff", "\\udcff"),
        ("a\xa0b\u3000c", "a b c"),
    ],
)
def test_what_a_terminal_would_obey_is_an_escape(text: str, shown: str) -> None:
    assert inert(text) == shown


@given(st.text(), st.booleans())
def test_a_document_keeps_its_value(text: str, ascii_only: bool) -> None:
    written = json.dumps({text: [text]}, ensure_ascii=False, indent=1)
    shown = inert_json(written, ascii_only=ascii_only)
    assert json.loads(shown) == {text: [text]}
    assert all(c.isprintable() or c == "\n" for c in shown)
    assert shown.isascii() or not ascii_only
