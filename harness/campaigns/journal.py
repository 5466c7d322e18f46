"""attempts.ndjson: one line when an attempt begins, one when it ends; each is on disk at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import msgspec

from harness.campaigns.records import Attempt, Request
from harness.errors import StoredRunError
from harness.files.undecodable import UNDECODABLE
from harness.files.whole_file import read_whole

MOST_BYTES: Final = 1 << 24
MOST_ATTEMPTS: Final = 10_000


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One event of an attempt; its first line has the request, its last line the rest."""

    event: Literal["begin", "end"]
    number: int
    request: Request | None = None
    took_s: float = 0.0
    error: str = ""


def write_line(journal: Path, line: Line) -> None:
    """Append it; it survives a death of the process. Raises OSError."""
    text = msgspec.json.encode(line) + b"\n"
    flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(journal, flags)
    try:
        os.write(descriptor, text)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_attempts(journal: Path) -> tuple[Attempt, ...]:
    """The attempts without their outcomes; one without an end was interrupted.

    Raises StoredRunError.
    """
    begun: dict[int, Attempt] = {}
    for line in _lines(journal):
        if line.event == "begin" and line.request is not None and line.number == len(begun) + 1:
            begun[line.number] = Attempt(
                number=line.number, request=line.request, error=_CUT_OFF, interrupted=True
            )
        elif line.event == "end" and line.number in begun and begun[line.number].interrupted:
            begun[line.number] = msgspec.structs.replace(
                begun[line.number], took_s=line.took_s, error=line.error, interrupted=False
            )
        else:
            raise StoredRunError(f"{journal}: attempt {line.number} {line.event}s out of order")
    return tuple(begun[number] for number in sorted(begun))


_CUT_OFF: Final = "The campaign ended during this attempt."


def _lines(journal: Path) -> Iterator[Line]:
    """A last line without its end was being written when the process died."""
    try:
        raw = read_whole(journal, MOST_BYTES)
        whole = raw[: raw.rfind(b"\n") + 1].splitlines()
        if len(whole) > 2 * MOST_ATTEMPTS:
            raise StoredRunError(f"{journal}: more than {MOST_ATTEMPTS} attempts")
        for line in whole:
            yield msgspec.json.decode(line, type=Line)
    except (OSError, *UNDECODABLE) as error:
        raise StoredRunError(f"{journal}: unreadable: {error}") from error
