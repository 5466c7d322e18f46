"""What is shown during a run: a view at 4 Hz on a terminal, else a line every few seconds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.live import Live
from rich.text import Text

from harness.inert_text import inert
from harness.view.model import LiveModel
from harness.view.picture import coloured, heartbeat, picture
from harness.view.tail import RunFollower

HEARTBEAT_S: Final = 5.0


class Watcher(Protocol):
    """Gets the state of the run every quarter of a second."""

    def note(self, text: str) -> None:
        """Something that happens before or after the load."""

    def begin(self, title: str, model: LiveModel, follower: RunFollower) -> None:
        """The load begins."""

    def tick(self, at_s: float) -> None:
        """It is that second of the run."""

    def end(self) -> None:
        """The load is over."""


class NoWatcher:
    """Shows nothing."""

    def note(self, text: str) -> None:
        """Drop it."""
        del text

    def begin(self, title: str, model: LiveModel, follower: RunFollower) -> None:
        """Drop it."""
        del title, model, follower

    def tick(self, at_s: float) -> None:
        """Drop it."""
        del at_s

    def end(self) -> None:
        """Drop it."""


class Heartbeat:
    """A line every `HEARTBEAT_S`, for logs, pipes and terminals that cannot redraw."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._next_s = 0.0
        self._model: LiveModel | None = None
        self._follower: RunFollower | None = None

    def note(self, text: str) -> None:
        """Print it."""
        self._console.print(Text(inert(text)), soft_wrap=True)

    def begin(self, title: str, model: LiveModel, follower: RunFollower) -> None:
        """Print the title."""
        self.note(title)
        self._model, self._follower, self._next_s = model, follower, 0.0

    def tick(self, at_s: float) -> None:
        """Print the line that is due, if one is."""
        if self._model is None or self._follower is None or at_s < self._next_s:
            return
        self._model.feed(self._follower.events(), self._follower.attempts())
        self.note(heartbeat(self._model, at_s))
        self._next_s = at_s + HEARTBEAT_S

    def end(self) -> None:
        """Nothing to give back."""


class LiveView:
    """The whole picture, redrawn in place."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._model: LiveModel | None = None
        self._follower: RunFollower | None = None
        self._title = ""

    def note(self, text: str) -> None:
        """Print above the picture."""
        self._console.print(Text(inert(text)), soft_wrap=True)

    def begin(self, title: str, model: LiveModel, follower: RunFollower) -> None:
        """Open the picture."""
        self._title, self._model, self._follower = title, model, follower
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._live.start()

    def tick(self, at_s: float) -> None:
        """Redraw."""
        if self._live and self._model and self._follower:
            self._model.feed(self._follower.events(), self._follower.attempts())
            size = self._console.width, self._console.height
            lines = picture(self._title, self._model, at_s, size)
            self._live.update(coloured(lines), refresh=True)

    def end(self) -> None:
        """Close the picture."""
        if self._live:
            self._live.stop()
            self._live = None


def watcher_for(console: Console) -> Watcher:
    """The view that fits the console; FORCE_COLOR makes no terminal of a log (see output.py)."""
    live = console.is_terminal and not console.is_dumb_terminal
    return LiveView(console) if live else Heartbeat(console)


@contextmanager
def closing_view(watcher: Watcher) -> Iterator[None]:
    """However the run ends, the terminal is given back."""
    try:
        yield
    finally:
        watcher.end()
