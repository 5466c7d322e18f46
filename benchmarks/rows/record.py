"""Row `record`: what it costs to keep one request, so that a killed generator loses none."""

from __future__ import annotations

import csv
import io
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import repeat
from pathlib import Path
from typing import Final

from benchmarks.measuring import Case, Figures, Peer, Row
from harness.load.attempt_file import AttemptFile
from harness.load.records import (
    ATTEMPT_SHIFT,
    ERROR_SHIFT,
    NAME_SHIFT,
    OUTCOME_SHIFT,
    STATUS_MASK,
    Attempt,
    ErrorClass,
    Outcome,
    pack_into,
    words_of,
)

RECORDS: Final = 50_000
LASTS_S: Final = 2.0  # so long that one tick of others does not count as a disturbance
SIZE: Final = "size"
TIME: Final = "in line"
GROWN: Final = "in line, beyond what was expected"
WORDED: Final = "in line, its last word made"
ATTEMPT: Final = Attempt(3, 10, 20, 30, 40, 201, Outcome.OK, 0, ErrorClass.NONE, 1)
_NAME_BITS: Final = {"pay": 0, "ask": 1 << NAME_SHIFT}


def row() -> Row:
    """Ours, and what Python writes by itself; vegeta's and k6's sizes stand in generator runs."""
    return Row(
        name="record",
        meaning="bytes and time to keep one request in a file that survives kill -9; less the time"
        " of an empty loop, for all alike",
        cases=(
            Case(name=SIZE, unit="bytes", goal=24.0),
            Case(name=TIME, unit="ns", goal=100.0),
            Case(name=GROWN, unit="ns"),
            Case(name=WORDED, unit="ns"),
        ),
        ours=lambda: _medians(_ours),
        peers=(
            Peer(name="csv line", measure=lambda: _medians(lambda: _text(_csv_line))),
            Peer(name="json line", measure=lambda: _medians(lambda: _text(_json_line))),
        ),
    )


def _medians(measure: Callable[[], Figures]) -> Figures:
    seen: list[Figures] = []
    ends_s = time.monotonic() + LASTS_S
    while not seen or time.monotonic() < ends_s:
        seen.append(measure())
    return {name: statistics.median(figures[name] for figures in seen) for name in seen[0]}


def _ours() -> Figures:
    """A run expects an attempt an arrival and grows when payers come again, so both are shown."""
    idle_ns = _timed_idle()
    kept_ns, size = _kept(_timed, RECORDS)
    grown_ns, _ = _kept(_timed, 0)
    worded_ns, _ = _kept(_timed_with_word, RECORDS)
    return {
        SIZE: size,
        TIME: kept_ns - idle_ns,
        GROWN: grown_ns - idle_ns,
        WORDED: worded_ns - idle_ns,
    }


def _kept(timed: Callable[[AttemptFile], float], expected: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records"
        recorder = AttemptFile(path, expected)
        try:
            spent_ns = timed(recorder)
        finally:
            recorder.close()
        return spent_ns, path.stat().st_size / recorder.kept


# The lines below are inlined in the payers' engine; a function would add the cost of a call.


def _timed(recorder: AttemptFile) -> float:
    room, places = recorder.room, recorder.places  # the engine looks them up once a connection
    intent, due, late, took, answer, last = words_of(ATTEMPT)
    began_ns = time.perf_counter_ns()
    for _ in repeat(None, RECORDS):
        pack_into(room, next(places), intent, due, late, took, answer, last)
    return (time.perf_counter_ns() - began_ns) / RECORDS


def _timed_with_word(recorder: AttemptFile) -> float:
    """The packing of the words too: one part when the request is made, one when it is answered."""
    room, places = recorder.room, recorder.places
    intent, due, late, took, answer, _ = words_of(ATTEMPT)
    number, name = ATTEMPT.attempt << ATTEMPT_SHIFT, "pay"
    status, outcome, error = ATTEMPT.status, ATTEMPT.outcome, ATTEMPT.error
    began_ns = time.perf_counter_ns()
    for _ in repeat(None, RECORDS):
        word = number + _NAME_BITS[name]
        last = word | status & STATUS_MASK | outcome << OUTCOME_SHIFT
        if error:
            last |= error << ERROR_SHIFT
        pack_into(room, next(places), intent, due, late, took, answer, last)
    return (time.perf_counter_ns() - began_ns) / RECORDS


def _timed_idle() -> float:
    began_ns = time.perf_counter_ns()
    for _ in repeat(None, RECORDS):
        pass
    return (time.perf_counter_ns() - began_ns) / RECORDS


def _text(line: Callable[[], str]) -> Figures:
    idle_ns = _timed_idle()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lines"
        with path.open("w", buffering=1) as stream:  # by line: else a kill loses some
            began_ns = time.perf_counter_ns()
            for _ in repeat(None, RECORDS):
                stream.write(line())
            spent_ns = (time.perf_counter_ns() - began_ns) / RECORDS
        return {TIME: spent_ns - idle_ns, SIZE: path.stat().st_size / RECORDS}


def _csv_line() -> str:
    line = io.StringIO()
    csv.writer(line).writerow(ATTEMPT)
    return line.getvalue()


def _json_line() -> str:
    return json.dumps(ATTEMPT._asdict()) + "\n"
