"""Passwords and other secrets of what a person wrote: left out of all that a run stores.

A value is secret by its place (below `secrets:`), by the name of its key (`PGPASSWORD`, `api_key`,
`--token`) or by its form (the password of a URL, a `password=` of a connection string, a bearer).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from harness.files.whole_file import read_whole, write_whole

HIDDEN: Final = "***"
_WORDS: Final = (
    r"(?:pass(?:word|wd|phrase)|secret|token|credential|cookie|authorization"
    r"|(?:api|access|private|signing|encryption)[_-]?key)"
)
_SHORT: Final = r"(?:^|[_-])(?:pwd|pass|auth|pat)(?:$|[_-])"
_SECRET_KEY: Final = re.compile(rf"{_WORDS}|{_SHORT}", re.IGNORECASE)
_OPTION: Final = re.compile(rf"^--?[\w-]*{_WORDS}[\w-]*$", re.IGNORECASE)
# Each has the secret as its last group.
_FORMS: Final = (
    re.compile(r"[a-z][a-z0-9+.-]*://[^\s:@/\"']*:([^\s\"']+)(?=@)", re.IGNORECASE),
    re.compile(rf"(?:^|[?&;\s])[\w-]*{_WORDS}[\w-]*\s*=\s*('[^']*'|[^\s&;'\"]+)", re.IGNORECASE),
    re.compile(r"\b(?:bearer|basic)\s+([\w.~+/=-]{8,})", re.IGNORECASE),
)
_KEPT_OF_A_SECRET: Final = ("type", "key", "path", "env")  # they say where to find it
_SHORTEST: Final = 4  # shorter ones are not looked for in logs: too much else looks like them


@dataclass(slots=True)
class Redactor:
    """Redacts values; `found` are the secrets that it met."""

    environ: Mapping[str, str] = field(default_factory=dict)
    found: set[str] = field(default_factory=set)

    def redact(self, value: Any) -> Any:  # noqa: ANN401  # the values of any file
        """The same value with every secret as `***`."""
        if isinstance(value, dict):
            return {key: self._member(str(key), item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._item(value, at) for at in range(len(value))]
        return self._text(value) if isinstance(value, str) else value

    def _member(self, key: str, value: Any) -> Any:  # noqa: ANN401  # as above
        if key == "secrets":
            return self._hide(value)
        if not _SECRET_KEY.search(key):
            named = isinstance(value, dict) and _SECRET_KEY.search(str(value.get("key", "")))
            return self._hide(value) if named else self.redact(value)
        return self._hide(value)

    def _item(self, items: Any, at: int) -> Any:  # noqa: ANN401  # as above
        before = items[at - 1] if at else None
        if isinstance(before, str) and _OPTION.match(before) and isinstance(items[at], str):
            return self._hide(items[at])
        return self.redact(items[at])

    def _hide(self, value: Any) -> Any:  # noqa: ANN401  # as above
        """All below it is secret, but for the words that say where it is found."""
        if isinstance(value, dict):
            if value.get("type") == "env":
                self._note(self.environ.get(str(value.get("key")), ""))
            return {
                key: item
                if key in _KEPT_OF_A_SECRET and isinstance(item, str) and "type" in value
                else self._hide(item)
                for key, item in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._hide(item) for item in value]
        if value is None or isinstance(value, bool) or value == "":
            return value
        self._text(str(value))  # the part of it that is the secret, too
        self._note(str(value))
        return HIDDEN

    def _text(self, text: str) -> str:
        for form in _FORMS:
            text = form.sub(self._without, text)
        return text

    def _without(self, found: re.Match[str]) -> str:
        secret = found[1]
        if secret == HIDDEN or secret.startswith("{"):  # a template names an address
            return found[0]
        self._note(secret)
        begin, end = found.span(1)
        return found[0][: begin - found.start()] + HIDDEN + found[0][end - found.start() :]

    def _note(self, secret: str) -> None:
        forms = (secret, secret.strip("'"), unquote(secret))
        self.found |= {form for form in forms if form and form != HIDDEN}


def scrub(paths: Iterable[Path], secrets: Iterable[str], told: object) -> None:
    """Replace secrets in text files, except words of `told`, which is stored unchanged.

    Raises OSError.
    """
    public = json.dumps(told, default=str)
    hidden = [*_written(s for s in secrets if len(s) >= _SHORTEST and s not in public)]
    for path in paths if hidden else ():
        raw = read_whole(path)
        clean = raw
        for secret in hidden:
            clean = clean.replace(secret, HIDDEN.encode())
        if clean != raw:
            write_whole(path, clean)


def _written(secrets: Iterable[str]) -> Iterator[bytes]:
    """Longest first, as they are and as JSON writes them."""
    for secret in sorted(secrets, key=len, reverse=True):
        forms = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
        yield from (form.encode("utf-8", "surrogateescape") for form in sorted(forms))
