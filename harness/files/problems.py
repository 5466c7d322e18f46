"""One error in a file: place, key, value, error, allowed values and fix."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from harness.errors import ConfigError

MAX_PROBLEMS: Final = 50
_MAX_SHOWN: Final = 60
_MAX_LISTED: Final = 20
_MAX_COMPARED: Final = 200
_CLOSE: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with one value of a file. `line` counts from 1; 0 means the whole file."""

    line: int
    key: str
    value: object
    wrong: str
    allowed: str
    fix: str

    def text(self, file: Path) -> str:
        """One printable line: `file:line: key: value: what is wrong; allowed: ...; fix: ...`."""
        place = f"{printable(str(file))}:{self.line}:" if self.line else f"{printable(str(file))}:"
        key = f"{printable(self.key)}: " if self.key else ""
        rest = f"{self.wrong}; allowed: {self.allowed}; fix: {self.fix}"
        return f"{place} {key}{shown(self.value)}: {printable(rest)}"


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A value that is shown without quotes: text of the file, or a remark about it."""

    text: str


MISSING: Final = Verbatim("(missing)")


def raise_problems(file: Path, problems: Iterable[Problem]) -> None:
    """Raise one ConfigError for all problems of a file, by line; nothing if there are none."""
    ordered = sorted(problems, key=lambda p: (p.line, p.key, p.wrong))
    if not ordered:
        return
    every = list(dict.fromkeys(problem.text(file) for problem in ordered))
    texts, more = every[:MAX_PROBLEMS], len(every) - MAX_PROBLEMS
    if more > 0:
        texts.append(f"{printable(str(file))}: {more} more errors are not shown")
    raise ConfigError.of_file(file, ordered[0].line or None, tuple(texts))


def raise_problems_of_both(*files: tuple[Path, Iterable[Problem]]) -> None:
    """Raise one ConfigError for the problems of several files; nothing if there are none."""
    lines: list[str] = []
    for file, problems in files:
        try:
            raise_problems(file, problems)
        except ConfigError as error:
            lines += error.problems
    if lines:
        raise ConfigError.of_all(tuple(lines))


def shown(value: object) -> str:
    """A value for a message: printable, shortened, text in quotes."""
    if isinstance(value, Verbatim):
        text = value.text
    elif isinstance(value, bool) or value is None:
        text = {True: "true", False: "false", None: "null"}[value]
    elif isinstance(value, dict):
        text = f"a mapping of {len(value)} keys"
    elif isinstance(value, list | tuple):
        text = f"a list of {len(value)} items"
    else:
        text = repr(value)
    text = printable(text)
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 3] + "..."


def printable(text: str) -> str:
    """The text with everything escaped that could act on a terminal or forge a line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def nearest(wrong: str, known: Iterable[str]) -> str:
    """The fix for a wrong name: the closest right one, or all of them."""
    names = sorted(known)
    close = nearest_of(wrong, names)
    return f"did you mean `{close}`?" if close else f"known: {listed(names)}"


def fix_name(wrong: str, known: Iterable[str]) -> str:
    """The fix for a wrong name, where all right ones are listed beside it."""
    names = sorted(known)
    close = nearest_of(wrong, names)
    if close:
        return f"did you mean `{close}`?"
    return f"use one of the allowed names, for example `{names[0]}`" if names else "remove it"


def nearest_of(wrong: str, known: Iterable[str]) -> str:
    """The right name that is closest to a wrong one; "" if none is close."""
    close = get_close_matches(wrong[:_MAX_COMPARED], sorted(known), n=1, cutoff=_CLOSE)
    return close[0] if close else ""


def listed(names: Iterable[str]) -> str:
    """Names for a message, at most 20 of them."""
    all_names = list(names)
    rest = len(all_names) - _MAX_LISTED
    text = ", ".join(all_names[:_MAX_LISTED])
    if rest > 0:
        return f"{text} and {rest} more"
    return text or "none"
