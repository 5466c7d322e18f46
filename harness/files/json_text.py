"""JSON text as builder events, with lines: strict, never recursive; duplicate keys are found."""

from __future__ import annotations

import json
import re
from typing import Final

from harness.files.document import Builder, DocumentError, Node, Refused, Scalar
from harness.files.plain_scalars import ScalarError, read_float, read_int
from harness.files.problems import Problem, Verbatim

_TOKEN: Final = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    |(?P<text>"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")
    |(?P<number>-?(?:0|[1-9][0-9]*)(?P<part>\.[0-9]+)?(?P<power>[eE][-+]?[0-9]+)?(?![0-9A-Za-z_.]))
    |(?P<word>true|false|null)(?![0-9A-Za-z_])
    |(?P<mark>[\[\]{},:])""",
    re.VERBOSE,
)
_WORDS: Final[dict[str, Scalar]] = {"true": True, "false": False, "null": None}
_VALUE: Final = frozenset({"text", "number", "word", "[", "{"})
# The tokens that may follow, by the innermost open mark and the last token.
_AFTER: Final[dict[tuple[str, str], frozenset[str]]] = {
    ("", "begin"): _VALUE,
    ("", "value"): frozenset(),
    ("[", "begin"): _VALUE | {"]"},
    ("[", ","): _VALUE,
    ("[", "value"): frozenset({",", "]"}),
    ("{", "begin"): frozenset({"text", "}"}),
    ("{", ","): frozenset({"text"}),
    ("{", "key"): frozenset({":"}),
    ("{", ":"): _VALUE,
    ("{", "value"): frozenset({",", "}"}),
}


def build_json(text: str, builder: Builder) -> None:
    """Feed a JSON document to the builder. Raises DocumentError."""
    opened: list[str] = []
    last, line, position = "begin", 1, 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            raise _not_json(text, position, line, "not a JSON token")
        word, begin, position = token.group(), position, token.end()
        kind = _kind(token)
        if kind == "space":
            line += word.count("\n")
            continue
        place = opened[-1] if opened else ""
        if kind not in _AFTER[place, last]:
            raise _not_json(text, begin, line, "not expected here")
        is_key = place == "{" and last in ("begin", ",")
        last = _step(builder, opened, (kind, word, line))
        last = "key" if is_key and last == "value" and kind == "text" else last
    if opened or last != "value":
        raise _not_json(text, len(text) - 1, line, "the document ends too early")


def _kind(token: re.Match[str]) -> str:
    for name in ("space", "text", "number", "word"):
        if token[name] is not None:
            return name
    return token.group()


def _step(builder: Builder, opened: list[str], token: tuple[str, str, int]) -> str:
    """Take one token; what was read last."""
    kind, word, line = token
    if kind in ("[", "{"):
        builder.begin(line, mapping=kind == "{")
        opened.append(kind)
        return "begin"
    if kind in ("]", "}"):
        opened.pop()
        builder.end()
    elif kind in (",", ":"):
        return kind
    else:
        builder.scalar(Node(line, _scalar(builder, kind, word, line)))
    return "value"


def _scalar(builder: Builder, kind: str, word: str, line: int) -> Scalar:
    if kind == "text":
        return str(json.loads(word))
    if kind == "word":
        return _WORDS[word]
    try:
        return read_float(word) if re.search(r"[.eE]", word) else read_int(word)
    except ScalarError as error:
        builder.problems.append(
            Problem(
                line=line,
                key=builder.key(),
                value=Verbatim(word),
                wrong=error.wrong,
                allowed=error.allowed,
                fix=error.fix,
            )
        )
        return Refused(word)


def _not_json(text: str, position: int, line: int, wrong: str) -> DocumentError:
    found = text[max(0, position) : position + 30].split("\n", maxsplit=1)[0]
    return DocumentError(
        Problem(
            line=line,
            key="",
            value=Verbatim(found or "(end)"),
            wrong=f"not JSON: {wrong}",
            allowed="one JSON document, numbers finite",
            fix="correct the syntax here or just before it",
        )
    )
