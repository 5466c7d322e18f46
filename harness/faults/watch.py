"""Samples a fault from the moment it is proven until just before it is undone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, Protocol

SAMPLE_EVERY_S: Final = 0.5
_LAST_S: Final = 1.0


class Watch(Protocol):
    """What samples one fault."""

    def stop(self) -> None:
        """Take the last sample and end; harmless when done twice."""


class NoWatch:
    """Samples nothing: the fault was never proven."""

    def stop(self) -> None:
        """Nothing to stop."""


class Sampling:
    """Calls `sample` from a thread of its own: at once, every half second, and last at `stop`.

    `sample` must not raise. A sample that takes too long does not delay the undo: `stop` waits for
    one second, then goes on; a later sample is dropped.
    """

    def __init__(
        self, sample: Callable[[Callable[[], bool]], None], every_s: float = SAMPLE_EVERY_S
    ) -> None:
        self._sample, self._every_s = sample, every_s
        self._over, self._closed = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="fault samples", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take the last sample and end; waits for one second at most."""
        self._over.set()
        self._thread.join(_LAST_S)
        self._closed.set()

    def _run(self) -> None:
        self._sample(self._closed.is_set)
        while not self._over.wait(self._every_s):
            self._sample(self._closed.is_set)
        self._sample(self._closed.is_set)
