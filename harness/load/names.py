"""The run's table of request names: a record holds a name's place in it.

`load/names.json` is rewritten for each new name, so that it is complete after a crash.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from harness.load.records import MAX_NAMES

OTHERS: Final = "(other requests)"


class Names:
    """Names in the order in which they appeared; the last place is for all that found no room."""

    def __init__(
        self, known: Sequence[str] = (), appeared: Callable[[tuple[str, ...]], None] | None = None
    ) -> None:
        """`appeared` is called with all names whenever one is new."""
        self._places = {name: place for place, name in enumerate(known)}
        self._appeared = appeared

    @property
    def all(self) -> tuple[str, ...]:
        """All names, each at its place."""
        return tuple(self._places)

    def index(self, name: str) -> int:
        """The place of this name."""
        place = self._places.get(name)
        return self._new(name) if place is None else place

    def _new(self, name: str) -> int:
        if len(self._places) >= MAX_NAMES - 1:
            name = OTHERS
        place = self._places.setdefault(name, len(self._places))
        if self._appeared is not None:
            self._appeared(self.all)
        return place
