"""Text from files, names and paths as it may be shown: one line that a terminal cannot obey."""

from __future__ import annotations

import re
import unicodedata

_NOT_ASCII: re.Pattern[str] = re.compile(r"[^\n\x20-\x7e]")
_HIDDEN: re.Pattern[str] = re.compile(r"[^\n]")


def inert(text: str) -> str:
    r"""The text in one line; unprintable characters are written as escapes (`\n`, `\x1b`).

    That covers line ends, terminal escapes, marks of text direction, characters without width and
    bytes that are not UTF-8. Brackets and backslashes stay as they are.
    """
    return text if text.isprintable() else "".join(map(_shown, text))


def inert_json(text: str, *, ascii_only: bool = False) -> str:
    """A JSON document with the same value that a terminal cannot obey.

    With `ascii_only` it holds nothing but ASCII, for a stream that cannot encode more.
    """
    pattern = _NOT_ASCII if ascii_only else _HIDDEN
    return pattern.sub(lambda found: _json_escape(found[0], always=ascii_only), text)


def _shown(char: str) -> str:
    if char.isprintable():
        return char
    return " " if unicodedata.category(char) == "Zs" else char.encode("unicode_escape").decode()


def _json_escape(char: str, *, always: bool) -> str:
    if char.isprintable() and not always:
        return char
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def encodable(value: object) -> object:
    """The same builtin value, with escapes for what a name of a file has beyond UTF-8."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {encodable(key): encodable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encodable(item) for item in value]
    return value
