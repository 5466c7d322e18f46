"""What a load worker sends to the master instead of writing it: attempts, names, own keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.load.records import RECORD_BYTES

_FIRST_ROOM: Final = 4_096


class SentRecorder:
    """Keeps attempts in memory until they are taken; grows as long as nobody takes them."""

    def __init__(self) -> None:
        self.room = bytearray(_FIRST_ROOM * RECORD_BYTES)
        self.places = self._next_places()
        self.kept = 0
        self._used = 0

    def take(self) -> bytes:
        """The records that were kept since the last time."""
        taken = bytes(self.room[: self._used])
        self._used = 0
        return taken

    def close(self) -> None:
        """The last records are taken by the end message."""

    def _next_places(self) -> Iterator[int]:
        while True:
            if self._used + RECORD_BYTES > len(self.room):
                self.room.extend(bytes(len(self.room)))
            place, self._used = self._used, self._used + RECORD_BYTES
            self.kept += 1
            yield place


class SentKept:
    """Request names and own keys until they are taken."""

    def __init__(self) -> None:
        self.all_names: tuple[str, ...] = ()
        self._keys: list[tuple[int, str]] = []

    def take_keys(self) -> list[tuple[int, str]]:
        """The own keys since the last time."""
        taken, self._keys = self._keys, []
        return taken

    def names(self, names: tuple[str, ...]) -> None:
        """Keep all names so far."""
        self.all_names = names

    def own_key(self, intent: int, key: str) -> None:
        """Keep a key that the scenario chose."""
        self._keys.append((intent, key))

    def start(self, due_us: int) -> None:
        """A worker runs open loops only."""
        del due_us
