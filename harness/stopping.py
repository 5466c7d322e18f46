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
    """A person or a system asked the command to end. `left` says what is known of a run's rest."""

    def __init__(self, signum: int) -> None:
        self.signum = signum
        self.left = ""
        super().__init__(signal.Signals(signum).name)

    @property
    def exit_code(self) -> int:
        """130, 143 or 129, as a shell says it."""
        return EXIT_BASE + self.signum


def heeded() -> tuple[signal.Signals, ...]:
    """The signals that end a process which did not start with them ignored."""
    return tuple(sig for sig in SIGNALS if signal.getsignal(sig) is not signal.SIG_IGN)


@contextmanager
def stoppable() -> Iterator[None]:
    """Within this block the first signal raises Stopped; later ones only wait for the undo.

    A signal that is ignored at the start stays ignored: `nohup` and shells count on that.
    """
    seen: list[int] = []

    def on_signal(signum: int, frame: FrameType | None) -> None:
        del frame
        seen.append(signum)
        if len(seen) == 1:
            raise Stopped(signum)

    before = {sig: signal.signal(sig, on_signal) for sig in heeded()}
    try:
        yield
    finally:
        for sig, handler in before.items():
            signal.signal(sig, handler)
