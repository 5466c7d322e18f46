"""What a load process keeps beside attempts: request names, own keys, starts of a closed loop."""

from __future__ import annotations

import os
from typing import Final, Protocol

import msgspec

from harness.load.traffic import DUE
from harness.store import RunFolder, write_json

_APPEND: Final = os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC


class OwnKey(msgspec.Struct, frozen=True, kw_only=True):
    """A line of load/keys.ndjson: an intent whose key the scenario chose."""

    intent: int
    key: str


class Kept(Protocol):
    """Where it is kept. Every method may raise OSError."""

    def names(self, names: tuple[str, ...]) -> None:
        """All request names so far, each at its place."""

    def own_key(self, intent: int, key: str) -> None:
        """The key that the scenario chose for an intent."""

    def start(self, due_us: int) -> None:
        """The start of the next intent of a closed loop."""


class NothingKept:
    """For Locust alone, without a run."""

    def names(self, names: tuple[str, ...]) -> None:
        """Forget it."""
        del names

    def own_key(self, intent: int, key: str) -> None:
        """Forget it."""
        del intent, key

    def start(self, due_us: int) -> None:
        """Forget it."""
        del due_us


class KeptInFolder:
    """In the run's folder. Each line and start is written at once: the end may be `kill -9`."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._keys = -1
        self._starts = -1

    def names(self, names: tuple[str, ...]) -> None:
        """Keep all names so far."""
        write_json(self._folder.names, names)

    def own_key(self, intent: int, key: str) -> None:
        """Keep a key that the scenario chose."""
        if self._keys < 0:
            self._keys = os.open(self._folder.keys_rows, _APPEND, 0o600)
        line = msgspec.json.encode(OwnKey(intent=intent, key=key))
        os.write(self._keys, line + b"\n")

    def start(self, due_us: int) -> None:
        """Keep a start."""
        if self._starts < 0:
            self._starts = os.open(self._folder.schedule, _APPEND, 0o600)
        os.write(self._starts, DUE.pack(due_us))
