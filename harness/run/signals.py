"""SIGINT, SIGTERM and SIGHUP: the first raises Stopped where a run may be interrupted.

While parts are started or stopped signals are held back (`held`): a child between its fork and its
entry in the list of what has to be stopped would be lost. Waiting is done in `interruptible` parts.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Final

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
EXIT_BASE: Final = 128
LEFT_BEHIND: Final = 3


class Stopped(BaseException):  # not an error: a person's wish; must pass `except Exception`
    """A person or a system asked the command to end. `left` says what was proven at its end."""

    def __init__(self, signum: int) -> None:
        self.signum = signum
        self.left, self.clean = "", True
        super().__init__(signal.Signals(signum).name)

    @property
    def exit_code(self) -> int:
        """130, 143 or 129, as a shell says it; 3 if something may have been left behind."""
        return EXIT_BASE + self.signum if self.clean else LEFT_BEHIND


@dataclass(slots=True, kw_only=True)
class _Stops:
    """What was signalled so far, and whether it may be raised here."""

    open: bool = True
    raised: bool = False
    seen: list[int] = field(default_factory=list)

    def note(self, signum: int, frame: FrameType | None) -> None:
        """The handler."""
        del frame
        self.seen.append(signum)
        self.raise_pending()

    def raise_pending(self) -> None:
        """Raise the first signal, once."""
        if self.seen and self.open and not self.raised:
            self.raise_again()

    def raise_again(self) -> None:
        """Raise the first signal, also one that was swallowed (by an import, a `__del__`)."""
        if self.seen:
            self.raised = True
            raise Stopped(self.seen[0])


_NONE: Final = _Stops()
_current: list[_Stops] = [_NONE]


def heeded() -> tuple[signal.Signals, ...]:
    """The signals that end a process which did not start with them ignored."""
    return tuple(sig for sig in SIGNALS if signal.getsignal(sig) is not signal.SIG_IGN)


@contextmanager
def stoppable() -> Iterator[None]:
    """Within this block the first signal raises Stopped; later ones only wait for the undo.

    A signal that is ignored at the start stays ignored: `nohup` and shells count on that.
    """
    stops = _Stops()
    before = {sig: signal.getsignal(sig) for sig in heeded()}
    _current.append(stops)
    try:
        for sig in before:
            signal.signal(sig, stops.note)
        yield
    finally:
        for sig, handler in before.items():
            signal.signal(sig, handler)
        _current.remove(stops)


@contextmanager
def held() -> Iterator[None]:
    """Within this block a signal is only noted; it is raised at the end, if nothing else is."""
    stops = _current[-1]
    before, stops.open = stops.open, False
    try:
        yield
    finally:
        stops.open = before
    if stops.open:
        stops.raise_again()


@contextmanager
def interruptible() -> Iterator[None]:
    """Within `held`: a signal, also one noted before, is raised here."""
    stops = _current[-1]
    before, stops.open = stops.open, True
    try:
        stops.raise_again()
        yield
    finally:
        stops.open = before
