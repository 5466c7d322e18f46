"""The answers that `squall init` needs, checked: name, address or start command, requests."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from harness.errors import ConfigError
from harness.starter.operations import Operation

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,40}")
_PATH: Final = re.compile(r"/[!-~]{0,500}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """One system. `command` starts it (target local); else it runs at `url` (target attached)."""

    name: str
    operations: tuple[Operation, ...]
    url: str = ""
    command: tuple[str, ...] = ()
    health: str = "/"

    @property
    def entry(self) -> str:
        """The edge that receives the load."""
        return f"user>{self.name}"

    @property
    def can_be_proxied(self) -> bool:
        """Whether our proxy can be between the load and the system."""
        return not self.url.startswith("https:")

    @property
    def target(self) -> str:
        """The target of the deployment file."""
        return "local" if self.command else "attached"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The answers as text. Empty: not given."""

    name: str = ""
    url: str = ""
    start: str = ""
    health: str = "/"


def checked(given: Given, operations: tuple[Operation, ...]) -> Answers:
    """The answers. Raises ConfigError for the first one that cannot be used."""
    if bool(given.url) == bool(given.start):
        raise ConfigError("give --url for a system that runs, or --start for a command; not both")
    if not _PATH.fullmatch(given.health):
        raise ConfigError(f"--health {given.health!r}: write a path that begins with /")
    if given.url:
        name = given.name or _host_of(given.url)
        return Answers(
            name=_usable(name),
            operations=operations,
            url=given.url.rstrip("/"),
            health=given.health,
        )
    return Answers(
        name=_usable(given.name or "app"),
        operations=operations,
        command=_words(given.start),
        health=given.health,
    )


def _usable(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ConfigError(f"--name {name!r}: use letters, digits, _ . -")
    return name


def _host_of(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.scheme in ("http", "https") and parts.port != 0 else ""
    except ValueError:
        host = ""
    if not host:
        raise ConfigError(f"--url {url!r}: write for example http://127.0.0.1:8080")
    first = host.split(".")[0]
    return first if first.isascii() and first[:1].isalpha() else "app"


def _words(start: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(start))
    except ValueError as error:
        raise ConfigError(f"--start {start!r}: {error}") from error
    if not words:
        raise ConfigError("--start is empty: write for example 'python server.py --port {port}'")
    return words
