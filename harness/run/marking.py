"""Marks: a person says from any terminal when a fault of a watch begins and ends.

The watch that takes marks is named in the state folder. A mark is one event of its timeline, with
the source `mark`, the kind `start` or `end` and the person's words as its name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

import msgspec

from harness.clock import Clock
from harness.errors import RefusedError
from harness.files.problems import listed, nearest
from harness.safety.identity import is_alive, process_identity
from harness.safety.private_file import read_private
from harness.safety.state import State
from harness.store import RunFolder
from harness.timeline import FileTimeline, read_timeline

SOURCE: Final = "mark"
MOST_MARKS: Final = 100
MOST_TEXT: Final = 200
_FILE_BYTES_MAX: Final = 10_000
Which = Literal["start", "end"]


class _Watch(msgspec.Struct, frozen=True, kw_only=True):
    """watch.json."""

    folder: str
    pid: int
    started_ticks: int
    t0_mono_ns: int


class Marked(msgspec.Struct, frozen=True, kw_only=True):
    """A mark that was set, in seconds since the zero of the run."""

    mark: Which
    text: str
    at_s: float
    run: str


@contextmanager
def marks_allowed(state: State, folder: RunFolder, t0_mono_ns: int) -> Iterator[None]:
    """Within this block `squall mark` reaches this run. Raises OSError."""
    pid = os.getpid()
    watch = _Watch(
        folder=str(folder.root.absolute()),
        pid=pid,
        started_ticks=process_identity(pid) or 0,
        t0_mono_ns=t0_mono_ns,
    )
    state.watch.unlink(missing_ok=True)
    state.watch.touch(mode=0o600)
    state.watch.write_bytes(msgspec.json.encode(watch))
    try:
        yield
    finally:
        state.watch.unlink(missing_ok=True)


def set_mark(state: State, which: Which, text: str, clock: Clock) -> Marked:
    """Write the mark into the timeline of the watch that is on.

    Without a text, `start` is called "fault" and `end` ends the only open mark. Raises RefusedError
    where no watch is on, a mark is open already, or none of that text is open.
    """
    watch = _watch_on(state)
    path = RunFolder(Path(watch.folder)).timeline
    found = _checked(which, text.strip(), open_marks(path))
    timeline = FileTimeline(path, clock)
    try:
        at_ns = timeline.tell(SOURCE, which, found)
    finally:
        timeline.close()
    at_s = round((at_ns - watch.t0_mono_ns) / 1e9, 3)
    return Marked(mark=which, text=found, at_s=at_s, run=watch.folder)


def open_marks(timeline: Path) -> tuple[str, ...]:
    """The marks that were started and not ended, oldest first. Raises RefusedError: too many."""
    opened: list[str] = []
    events = [event for event in read_timeline(timeline) if event.source == SOURCE]
    if len(events) >= 2 * MOST_MARKS:
        raise RefusedError(f"{MOST_MARKS} marks are the most of one watch")
    for event in events:
        if event.kind == "start":
            opened.append(event.name)
        elif event.name in opened:
            opened.remove(event.name)
    return tuple(opened)


def _checked(which: Which, text: str, opened: tuple[str, ...]) -> str:
    """The text of the mark to set."""
    if len(text) > MOST_TEXT or not text.isprintable():
        raise RefusedError(f"the text of a mark has at most {MOST_TEXT} printable characters")
    if which == "start":
        if (text or "fault") in opened:
            raise RefusedError(f"the mark {text or 'fault'!r} is open already; end it first")
        return text or "fault"
    if not opened:
        raise RefusedError("no mark is open; set one with `squall mark start`")
    if not text and len(opened) > 1:
        raise RefusedError(f"{len(opened)} marks are open: {listed(opened)}; say which one ends")
    if text and text not in opened:
        raise RefusedError(f"no mark {text!r} is open; {nearest(text, opened)}")
    return text or opened[0]


def _watch_on(state: State) -> _Watch:
    raw = read_private(state.watch, _FILE_BYTES_MAX)
    try:
        watch = msgspec.json.decode(raw or b"", type=_Watch)
    except msgspec.MsgspecError:
        watch = None
    if watch is None or not is_alive(watch.pid, watch.started_ticks):
        raise RefusedError("no watch takes marks now; start one with `squall watch`")
    return watch
