"""The packed attempt: the one place that knows how a request is kept on disk.

A file of attempts is a sequence of 24-byte records in the order in which attempts ended. While it
is written it is longer: what was not written yet is zero, and a record's last byte, its attempt's
number, which no whole record has as zero, is written last. So a killed generator leaves at most one
torn record, and `whole_bytes` says where the whole ones end.

That byte is the top of the last of six words, which are stored one after the other. A word is one
store where the machine's own order is this one (little-endian), which a signal cannot cut in two;
elsewhere the packing puts its bytes down from the lowest to the top one. Either way the last byte
is not set before the other 23 are what they shall be.
Times are microseconds since the run's zero (the schedule's first instant), thus a run is limited
to `MAX_RUN_S`.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Final, NamedTuple

MAX_RUN_S: Final = 3600
_RECORD: Final = struct.Struct("<6I")
RECORD_BYTES: Final = _RECORD.size
# What the generator calls for every request: a buffer, an offset, and `words_of` an attempt.
pack_into: Final = _RECORD.pack_into
# For numpy.dtype(list(FIELDS)) in the judge. `code` packs status (10 bits), outcome (2), error
# class (3) and effect (1). `code`, `name` and `attempt` are the last word.
FIELDS: Final = (
    ("intent", "<u4"),
    ("due_us", "<u4"),
    ("late_us", "<u4"),
    ("took_us", "<u4"),
    ("answer", "<u4"),
    ("code", "<u2"),
    ("name", "u1"),
    ("attempt", "u1"),
)
STATUS_MASK: Final = 0x3FF
OUTCOME_SHIFT: Final = 10
ERROR_SHIFT: Final = 12
ERROR_MASK: Final = 0x7
EFFECT_SHIFT: Final = 15
NAME_SHIFT: Final = 16
ATTEMPT_SHIFT: Final = 24
MAX_NAMES: Final = 256
MAX_ATTEMPTS: Final = 255  # more than these are kept as these


class Outcome(IntEnum):
    """What the payer knows after one attempt. Only `INFO` leaves the question open."""

    OK = 1
    FAIL = 2
    INFO = 3


class ErrorClass(IntEnum):
    """The reason why there is no answer; `NONE` for an answer of any status."""

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
    `name` indexes the run's table of request names; `attempt` counts from 1 in an intent.
    `effect`: if the request succeeds, the system's records must show it (`effect=True`, or the
    request was sent with the intent's key).
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
    effect: bool = False


def words_of(a: Attempt) -> tuple[int, int, int, int, int, int]:
    """An attempt in the layout's order."""
    code = a.status & STATUS_MASK | a.outcome << OUTCOME_SHIFT | a.error << ERROR_SHIFT
    many = min(a.attempt, MAX_ATTEMPTS)
    last = code | a.effect << EFFECT_SHIFT | a.name << NAME_SHIFT | many << ATTEMPT_SHIFT
    return a.intent, a.due_us, a.late_us, a.took_us, a.answer, last


def pack(a: Attempt) -> bytes:
    """The record's 24 bytes."""
    return _RECORD.pack(*words_of(a))


def unpack(raw: bytes) -> Attempt:
    """The attempt that 24 bytes hold."""
    intent, due, late, took, answer, last = _RECORD.unpack(raw)
    return Attempt(
        intent,
        due,
        late,
        took,
        answer,
        last & STATUS_MASK,
        Outcome(last >> OUTCOME_SHIFT & 3),
        last >> NAME_SHIFT & MAX_NAMES - 1,
        ErrorClass(last >> ERROR_SHIFT & ERROR_MASK),
        last >> ATTEMPT_SHIFT,
        bool(last >> EFFECT_SHIFT & 1),
    )


def whole_bytes(raw: bytes) -> int:
    """How many bytes at the beginning are whole records; a torn one and what follows are not."""
    last_bytes = raw[RECORD_BYTES - 1 :: RECORD_BYTES]
    unwritten = last_bytes.find(0)
    return (len(last_bytes) if unwritten < 0 else unwritten) * RECORD_BYTES
