"""What is shown during a run: a view at 4 Hz on a terminal, else a line every few seconds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.live import Live
from rich.text import Text

from harness.inert_text import inert
from harness.view.model import LiveModel, states_in_words
from harness.view.tail import RunFollower

HEARTBEAT_S: Final = 5.0
_PHASES: Final = ("warm-up", "baseline", "fault", "recovery", "drain")


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
            lines = picture(self._title, self._model, at_s)
            width = self._console.width
            shown = "\n".join(inert(line)[:width] for line in lines)
            self._live.update(Text(shown), refresh=True)

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


def heartbeat(model: LiveModel, at_s: float) -> str:
    """One line: second of the run, phase, what was good so far and now, and the faults."""
    now = model.now(at_s)
    fault = "; ".join(f"{k}: {v}" for k, v in model.faults.items()) or "no fault yet"
    return (
        f"{at_s:5.1f} s  {model.phase}  {now.due_per_s:.0f}/s due  "
        f"good so far {_percent(model.good_so_far)}  now {_percent(now.good_ratio)}  "
        f"slow {now.slow_per_s:.0f}/s  failed {now.failed_per_s:.0f}/s  {fault}"
    )


def picture(title: str, model: LiveModel, at_s: float) -> list[str]:
    """The lines of the view at that second of the run."""
    phases = model.terms.phases
    now = model.now(at_s)
    total_s = phases.load_s + phases.drain_s
    p95 = "-" if now.latency_ms_p95 is None else f"{now.latency_ms_p95:.0f} ms"
    tries = "-" if now.attempts_per_intent is None else f"{now.attempts_per_intent:.2f}"
    target = model.terms.good.target
    return [
        f"squall  {title}    {_clock(at_s)} of {_clock(total_s)}",
        f"  phase      {_phase_line(model, at_s)}",
        f"  load       {now.due_per_s:.0f}/s due  {model.spark(at_s)}",
        f"  good       {_percent(now.good_ratio)} (target {_percent(target)})   p95 {p95}",
        f"  not good   slow {now.slow_per_s:.0f}/s   failed {now.failed_per_s:.0f}/s",
        f"  intents    {tries} attempts each   {now.unknown} unknown",
        *(f"  fault      {name}   {state}" for name, state in model.faults.items()),
        f"  breakers   {states_in_words(model.breakers) or 'all closed'}",
        f"  instances  {states_in_words(model.instances)}",
        *(f"  {'events' if i == 0 else '':9}  {text}" for i, text in enumerate(model.events)),
        "  Ctrl-C undoes the fault and stops.",
    ]


def _phase_line(model: LiveModel, at_s: float) -> str:
    p = model.terms.phases
    ends_s, begin_s = {}, 0.0
    spans = (p.warm_up_s, p.baseline_s, p.fault_s, p.recovery_s, p.drain_s)
    for name, span_s in zip(_PHASES, spans, strict=True):
        begin_s += span_s
        ends_s[name] = begin_s
    left_s = max(0.0, ends_s.get(model.phase, at_s) - at_s)
    if model.phase not in ends_s:  # a watch has one phase
        return f"{model.phase.upper()}, {max(0.0, p.load_s - at_s):.0f} s left"
    shown = {model.phase: f"{model.phase.upper()}, {left_s:.0f} s left"}
    return " · ".join(shown.get(name, name) for name in _PHASES)


def _clock(at_s: float) -> str:
    whole = max(0, int(at_s))
    return f"{whole // 60:02d}:{whole % 60:02d}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f} %"
