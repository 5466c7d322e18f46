"""Copies what services and proxies log of interest into the timeline, while they write it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, Protocol, TypeGuard

import msgspec

from harness.figure_ranges import Nanoseconds
from harness.files.undecodable import UNDECODABLE
from harness.timeline import Event, Scalar

EVERY_S: Final = 0.05
_CHUNK_BYTES: Final = 262_144
_LINE_BYTES_MAX: Final = 16_384
_OWN_FIELDS: Final = frozenset({"event", "name", "mono_ns", "wall_ns"})


class Appender(Protocol):
    """A timeline that takes an event with its own time."""

    def append(self, event: Event) -> None:
        """Write it."""


Reader = Callable[[bytes], Iterable[Event]]


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    event: str
    mono_ns: Nanoseconds
    wall_ns: Nanoseconds
    name: str = ""


def interesting(events: tuple[str, ...]) -> re.Pattern[bytes]:
    """Finds the lines worth parsing: most of a log is requests, and parsing those would cost."""
    names = b"|".join(re.escape(name.encode()) for name in events)
    return re.compile(rb'"event":\s?"(?:' + names + rb')"')


def reader(instance: str, pattern: re.Pattern[bytes]) -> Reader:
    """Of a service's own log."""
    return lambda chunk: events_in(chunk, instance, pattern)


def events_in(chunk: bytes, instance: str, pattern: re.Pattern[bytes]) -> Iterator[Event]:
    """The events in complete lines of a log; other lines are ignored."""
    done = 0
    for found in pattern.finditer(chunk):
        if found.start() < done:
            continue  # the same line
        begin = chunk.rfind(b"\n", 0, found.start()) + 1
        done = chunk.find(b"\n", found.end())
        raw = chunk[begin:done]
        try:
            line = msgspec.json.decode(raw, type=_Line)
            fields = msgspec.json.decode(raw, type=dict[str, object])
        except UNDECODABLE:
            continue
        yield _event(line, fields, instance)


def _is_scalar(value: object) -> TypeGuard[Scalar]:
    """Whether an event can hold it; a number beyond 64 bits is left out."""
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return value is None or isinstance(value, str | float)


def _event(line: _Line, fields: dict[str, object], instance: str) -> Event:
    data: dict[str, Scalar] = {
        key: value for key, value in fields.items() if key not in _OWN_FIELDS and _is_scalar(value)
    }
    return Event(
        mono_ns=line.mono_ns,
        wall_ns=line.wall_ns,
        source="service",
        kind=line.event,
        name=line.name,
        target=instance,
        data=data,
    )


class LogFollower:
    """Reads one growing log by whole lines; a line without end is dropped at a limit."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)
        self._stream = path.open("rb", buffering=0)
        self._rest = b""

    def take(self) -> bytes:
        """The whole lines since the last look."""
        new = self._stream.read(_CHUNK_BYTES)
        if not new:
            return b""
        whole, newline, rest = (self._rest + new).rpartition(b"\n")
        self._rest = rest if len(rest) <= _LINE_BYTES_MAX else b""
        return whole + newline

    def close(self) -> None:
        """Give the file back."""
        self._stream.close()


async def follow_logs(readers: Mapping[LogFollower, Reader], timeline: Appender) -> None:
    """Copy the events that each log's reader finds until cancelled, then once more."""

    def copy() -> None:
        for log, events in readers.items():
            for event in events(log.take()):
                timeline.append(event)

    try:
        await _every(EVERY_S, copy)
    finally:
        copy()
        for log in readers:
            log.close()


async def _every(seconds: float, call: Callable[[], None]) -> None:
    while True:
        call()
        await asyncio.sleep(seconds)
