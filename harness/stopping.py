"""Ctrl-C, TERM and HUP: the first raises where the run stands, so that it unwinds and undoes."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
EXIT_BASE: Final = 128


class Stopped(BaseException):  # not an error: a person's wish; must pass `except Exception`
    """A person or a system asked the run to end."""

    def __init__(self, signum: int) -> None:
        self.signum = signum
        super().__init__(signal.Signals(signum).name)

    @property
    def exit_code(self) -> int:
        """130, 143 or 129, as a shell says it."""
        return EXIT_BASE + self.signum


@contextmanager
def stoppable() -> Iterator[None]:
    """Within this block the first signal raises Stopped; later ones only wait for the undo."""
    seen: list[int] = []

    def on_signal(signum: int, frame: FrameType | None) -> None:
        del frame
        seen.append(signum)
        if len(seen) == 1:
            raise Stopped(signum)

    before = {sig: signal.signal(sig, on_signal) for sig in SIGNALS}
    try:
        yield
    finally:
        for sig, handler in before.items():
            signal.signal(sig, handler)
