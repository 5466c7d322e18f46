"""JSON log lines with their trace and intent; successes are counted, not logged."""

from __future__ import annotations

import logging
import os
import random
import re
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

import msgspec

Field = str | int | float | bool | None
Write = Callable[[bytes], None]

_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Where we are: a W3C trace id (32 hex digits) and the intent (idempotency key), if known."""

    trace_id: str = ""
    intent: str = ""

    def traceparent(self) -> str:
        """The header for the next hop, with a span id of our own."""
        return f"00-{self.trace_id or _new_id(128)}-{_new_id(64)}-01"


def _new_id(bits: int) -> str:
    """Random hex digits of that many bits, without a system call: trace ids are not secret."""
    return f"{random.getrandbits(bits):0{bits // 4}x}"


CURRENT: Final[ContextVar[Trace]] = ContextVar("trace", default=Trace())  # noqa: B039  # frozen


def trace_of(traceparent: str | None, intent: str = "") -> Trace:
    """The caller's trace, or a new one if the header is missing or malformed."""
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if found:
        return Trace(trace_id=found[1], intent=intent)
    return Trace(trace_id=_new_id(128), intent=intent)


def to_stdout(line: bytes) -> None:
    """Straight to the file descriptor: a line written before SIGKILL is there after it."""
    os.write(1, line)


class Log:
    """Writes one JSON object a line."""

    def __init__(self, service: str, instance: str, write: Write = to_stdout) -> None:
        self._service, self._instance, self._write = service, instance, write

    def event(self, event: str, **fields: Field) -> None:
        """One line: both clocks, who, which trace and intent, and the fields given."""
        trace = CURRENT.get()
        line: dict[str, Field] = {
            "event": event,
            "wall_ns": time.time_ns(),
            "mono_ns": time.monotonic_ns(),
            "service": self._service,
            "instance": self._instance,
        }
        if trace.trace_id:
            line |= {"trace": trace.trace_id, "intent": trace.intent}
        self._write(msgspec.json.encode(line | fields) + b"\n")


class JsonHandler(logging.Handler):
    """Lets what libraries log (warnings and worse) come out as our lines."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """One record, without its traceback's many lines."""
        error = "" if record.exc_info is None else repr(record.exc_info[1])
        self._log.event("library", logger=record.name, text=record.getMessage(), error=error)
