"""The heartbeat of a fault: the target undoes the fault when the heartbeat stops.

It needs no cleanup by the harness: a harness that is killed or frozen sends no heartbeat.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

from harness.errors import TargetError

LEASE_S: Final = 2.0
RENEW_EVERY_S: Final = 0.5
_JOIN_S: Final = 2.0


class Lease(Protocol):
    """What keeps a fault on."""

    @property
    def lost(self) -> str:
        """Why the target may have undone the fault by itself; "" while it was kept on."""

    def stop(self) -> None:
        """Keep it no longer; harmless when done twice."""


class NoLease:
    """Keeps nothing."""

    @property
    def lost(self) -> str:
        """Nothing was held, so nothing was lost."""
        return ""

    def stop(self) -> None:
        """Nothing to stop."""


class Heartbeat:
    """Renews one lease from a thread of its own until stopped, lost or `max_s` old."""

    def __init__(
        self,
        renew: Callable[[str, float], None],
        resource: str,
        max_s: float,
        lease_s: float = LEASE_S,
        every_s: float = RENEW_EVERY_S,
    ) -> None:
        self._renew, self._resource = renew, resource
        self._max_s, self._lease_s, self._every_s = max_s, lease_s, every_s
        self._over = threading.Event()
        self._lost = ""
        self._thread = threading.Thread(target=self._beat, name=f"lease of {resource}", daemon=True)
        self._thread.start()

    @property
    def lost(self) -> str:
        """Why the target may have undone the fault by itself; "" while it was kept on."""
        return self._lost

    @property
    def alive(self) -> bool:
        """Whether it still beats."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Beat no longer; waits for a beat that is under way, for two seconds at most."""
        self._over.set()
        if self._thread is not threading.current_thread():
            self._thread.join(_JOIN_S)

    def _beat(self) -> None:
        began = kept = time.monotonic()
        while not self._over.wait(self._every_s):
            now = time.monotonic()
            if now - began >= self._max_s:
                self._lost = f"held for its maximum of {self._max_s:g} s"
                return
            try:
                self._renew(self._resource, self._lease_s)
                kept = now
            except TargetError as error:
                if now - kept >= self._lease_s:
                    self._lost = str(error)
                    return
