"""Which marked objects have not been renewed for their lease, by the looks of one process; pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from harness.targets.kubernetes.marks import DEADLINE, lease_of
from harness.targets.kubernetes.objects import Meta


class Marked(NamedTuple):
    """An object that a fault has marked, and its path in the API."""

    path: str
    metadata: Meta


class Expiry:
    """Remembers when the deadline of each object has last moved, in monotonic seconds."""

    def __init__(self) -> None:
        self._moved: dict[str, tuple[str, float]] = {}  # by uid: the deadline, and since when

    def expired(self, found: Iterable[Marked], now_s: float) -> list[Marked]:
        """Those whose lease has ended; what is not found any more is forgotten."""
        before, self._moved, over = self._moved, {}, []
        for one in found:
            annotations = one.metadata.annotations
            deadline = annotations.get(DEADLINE, "")
            known, since_s = before.get(one.metadata.uid, ("", now_s))
            since_s = since_s if known == deadline else now_s
            self._moved[one.metadata.uid] = deadline, since_s
            if now_s - since_s >= lease_of(annotations):
                over.append(one)
        return over
