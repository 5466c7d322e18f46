"""Row `record`: what it costs to keep one request, so that a killed generator loses none."""

from __future__ import annotations

import csv
import io
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.measuring import Case, Figures, Peer, Row
from harness.records import Attempt, ErrorClass, Outcome, fields_of, pack_into
from scenarios.attempt_file import AttemptFile

RECORDS: Final = 50_000
SIZE: Final = "size"
TIME: Final = "in line"
ATTEMPT: Final = Attempt(3, 10, 20, 30, 40, 201, Outcome.OK, 0, ErrorClass.NONE, 1)


def row() -> Row:
    """Ours, and what Python writes by itself; vegeta's and k6's sizes stand in generator runs."""
    return Row(
        name="record",
        meaning="bytes and time to keep one request in a file that survives kill -9",
        cases=(
            Case(name=SIZE, unit="bytes", goal=24.0),
            Case(name=TIME, unit="ns", goal=100.0),
        ),
        ours=_ours,
        peers=(
            Peer(name="csv line", measure=lambda: _text(_csv_line)),
            Peer(name="json line", measure=lambda: _text(_json_line)),
        ),
    )


@contextmanager
def _file() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "records"


def _ours() -> Figures:
    with _file() as path:
        recorder = AttemptFile(path)
        try:
            spent_ns = _timed_in_line(recorder)
        finally:
            recorder.close()
        return {TIME: spent_ns, SIZE: path.stat().st_size / recorder.kept}


def _timed_in_line(recorder: AttemptFile) -> float:
    """What stands in the payers' engine (and in no function of ours, which would cost a call)."""
    intent, due, late, took, answer, code, error, attempt = fields_of(ATTEMPT)
    began_ns = time.perf_counter_ns()
    for _ in range(RECORDS):
        pack_into(
            recorder.room,
            recorder.place(),
            intent,
            due,
            late,
            took,
            answer,
            code,
            error,
            attempt,
        )
    return (time.perf_counter_ns() - began_ns) / RECORDS


def _text(line: Callable[[], str]) -> Figures:
    with _file() as path, path.open("w", buffering=1) as stream:  # by line: else a kill loses some
        spent_ns = _timed(lambda: stream.write(line()))
        return {TIME: spent_ns, SIZE: path.stat().st_size / RECORDS}


def _timed(keep: Callable[[], object]) -> float:
    began_ns = time.perf_counter_ns()
    for _ in range(RECORDS):
        keep()
    return (time.perf_counter_ns() - began_ns) / RECORDS


def _csv_line() -> str:
    line = io.StringIO()
    csv.writer(line).writerow(ATTEMPT)
    return line.getvalue()


def _json_line() -> str:
    return json.dumps(ATTEMPT._asdict()) + "\n"
