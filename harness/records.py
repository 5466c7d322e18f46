"""The packed attempt: the one place that knows how a request is kept on disk.

A file of attempts is a sequence of 24-byte records and nothing else, so that a killed generator
leaves at most one torn record at the end, which is recognised by the file's length.
Times are microseconds since the run's zero (the schedule's first instant), thus a run is limited
to `MAX_RUN_S`.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Final, NamedTuple

MAX_RUN_S: Final = 3600
_RECORD: Final = struct.Struct("<IIIIIHBB")
RECORD_BYTES: Final = _RECORD.size
# For numpy.dtype(list(FIELDS)) in the judge; `code` packs status (10 bits), outcome (2), name (4).
FIELDS: Final = (
    ("intent", "<u4"),
    ("due_us", "<u4"),
    ("late_us", "<u4"),
    ("took_us", "<u4"),
    ("answer", "<u4"),
    ("code", "<u2"),
    ("error", "u1"),
    ("attempt", "u1"),
)
STATUS_MASK: Final = 0x3FF
OUTCOME_SHIFT: Final = 10
NAME_SHIFT: Final = 12
MAX_NAMES: Final = 16


class Outcome(IntEnum):
    """What the payer knows after one attempt. Only `INFO` leaves the question open."""

    OK = 1
    FAIL = 2
    INFO = 3


class ErrorClass(IntEnum):
    """Why there is no usable answer; `NONE` when there is one, whatever its status."""

    NONE = 0
    REFUSED = 1
    CONNECT_TIMEOUT = 2
    READ_TIMEOUT = 3
    RESET = 4
    PROTOCOL = 5
    POOL = 6
    OTHER = 7


class Attempt(NamedTuple):
    """One request on the wire (a NamedTuple, since it is made for every request).

    `due_us` is the intended start, `late_us` how much later it started, `took_us` start to end.
    `answer` is a digest of what a final answer promised (0: none), equal for equal promises.
    `name` indexes the generator's table of request names; `attempt` counts from 1 in an intent.
    """

    intent: int
    due_us: int
    late_us: int
    took_us: int
    answer: int
    status: int
    outcome: Outcome
    name: int
    error: ErrorClass
    attempt: int


def pack(a: Attempt) -> bytes:
    """The record's 24 bytes."""
    code = a.status & STATUS_MASK | a.outcome << OUTCOME_SHIFT | a.name << NAME_SHIFT
    return _RECORD.pack(
        a.intent, a.due_us, a.late_us, a.took_us, a.answer, code, a.error, min(a.attempt, 255)
    )


def unpack(raw: bytes) -> Attempt:
    """The attempt that 24 bytes hold."""
    intent, due, late, took, answer, code, error, attempt = _RECORD.unpack(raw)
    outcome = Outcome(code >> OUTCOME_SHIFT & 3)
    status, name = code & STATUS_MASK, code >> NAME_SHIFT
    return Attempt(
        intent, due, late, took, answer, status, outcome, name, ErrorClass(error), attempt
    )
