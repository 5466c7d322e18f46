"""A timeline in memory, and one that finds the disk full."""

from __future__ import annotations

import errno
from typing import NamedTuple

from harness.timeline import Scalar


class Told(NamedTuple):
    """One event of the timeline."""

    kind: str
    name: str
    target: str
    data: dict[str, Scalar]


class ListTimeline:
    """Keeps all events in order."""

    def __init__(self) -> None:
        self.told: list[Told] = []

    def tell(self, source: str, kind: str, name: str = "", target: str = "", **data: Scalar) -> int:
        del source
        self.told.append(Told(kind, name, target, data))
        return 0

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.told]

    def one(self, kind: str) -> Told:
        """The only event of that kind."""
        (found,) = [event for event in self.told if event.kind == kind]
        return found


class FullTimeline:
    """Cannot write a thing."""

    def tell(self, source: str, kind: str, name: str = "", target: str = "", **data: Scalar) -> int:
        del source, kind, name, target, data
        raise OSError(errno.ENOSPC, "No space left on device")
