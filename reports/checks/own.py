"""A check of the user's own: a class that the system file names as `module:Class`.

The class is made with the records of the run and the `settings` of the system file. It has the
attributes `needs`, `joins` and `classes`, and the methods `add` and `result` of Checker. It runs in
a child process with limits of time and of memory, so that it cannot end or stop the judge
(docs/decisions/0067-own-checks-run-in-a-process-of-their-own.md).
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from harness.evidence.declared import OwnSettings
from harness.python_child import CHECKOUT, python_module
from reports.checks.base import CheckNotMadeError, Needs, Violation, ViolationClass
from reports.checks.own_messages import MAX_BYTES, MODULE, Begin, Described, Outcome, Wanted
from reports.checks.run_records import RunRecords
from reports.measures.cohorts import Block

T = TypeVar("T", Described, Outcome)
_CHUNK: Final = 1 << 16


class OwnProcess:
    """The child process of one own check. It ends with its answer, at its limits, or with this."""

    def __init__(self, settings: OwnSettings, folder: Path) -> None:
        """Start it; the class is found in `folder`, or in the `path` of the settings in it."""
        module, _, name = settings.of.partition(":")
        self._settings, self._begun_s, self._read = settings, time.monotonic(), b""
        self._process = subprocess.Popen(
            python_module(MODULE),
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self.end = weakref.finalize(self, _end, self._process)
        wanted = Wanted(
            module=module,
            name=name,
            folder=str((folder / settings.path).absolute()),
            settings=settings.settings,
            timeout_s=settings.timeout_s,
            memory_mb=settings.memory_mb,
        )
        self._say(wanted)

    def description(self) -> Described:
        """What the class says of itself. Raises CheckNotMadeError."""
        return self._answer(Described)

    def begin(self, run: Path) -> None:
        """Let it make the check of a stored run."""
        self._begun_s = time.monotonic()
        self._say(Begin(run=str(run.absolute())))

    def outcome(self) -> Outcome:
        """What the check found. Raises CheckNotMadeError."""
        found = self._answer(Outcome)
        self.end()
        return found

    def _say(self, message: msgspec.Struct) -> None:
        """Write a message. If the child has ended, reading its answer raises the error."""
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.write(msgspec.json.encode(message) + b"\n")
                self._process.stdin.flush()

    def _answer(self, kind: type[T]) -> T:
        try:
            answer = msgspec.json.decode(self._line(), type=kind)
        except msgspec.MsgspecError as error:
            self.end()
            raise CheckNotMadeError(f"its answer cannot be read: {error}") from error
        if answer.wrong:
            self.end()
            raise CheckNotMadeError(answer.wrong)
        return answer

    def _line(self) -> bytes:
        """The next line of the child. Raises CheckNotMadeError at a limit or its end."""
        end_s = self._begun_s + self._settings.timeout_s
        while b"\n" not in self._read:
            chunk = self._chunk(end_s - time.monotonic())
            self._read += chunk
            if not chunk or len(self._read) > MAX_BYTES:
                why = f"it reported more than {MAX_BYTES:,} bytes" if chunk else self._ended()
                self.end()
                raise CheckNotMadeError(why)
        line, _, self._read = self._read.partition(b"\n")
        return line

    def _chunk(self, left_s: float) -> bytes:
        """Some bytes; none at the end of its output. Raises CheckNotMadeError after `left_s`."""
        stream = self._process.stdout
        if stream is None:
            return b""
        with selectors.DefaultSelector() as ready:
            ready.register(stream, selectors.EVENT_READ)
            if left_s <= 0 or not ready.select(left_s):
                self.end()
                limit_s = self._settings.timeout_s
                text = f"it was not done within {limit_s:g} s (`timeout_s` of the check)"
                raise CheckNotMadeError(text)
        return os.read(stream.fileno(), _CHUNK)

    def _ended(self) -> str:
        """How its process ended, which has closed its output."""
        with suppress(subprocess.TimeoutExpired):
            code = self._process.wait(1)
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            return f"its process ended with {how} before it answered"
        return "its process closed its output before it answered"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the child and what it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(BrokenPipeError):
                stream.close()


class OwnCheck:
    """The judge's side of the check: the child reads the blocks of the run by itself."""

    def __init__(self, name: str, described: Described, process: OwnProcess) -> None:
        self.name = name
        self.needs: Needs = described.needs
        self.joins: tuple[str, ...] = described.joins
        self.classes: tuple[ViolationClass, ...] = described.classes
        self._process = process

    def begun(self, records: RunRecords) -> OwnCheck:
        """The same, at work on a stored run. Raises CheckNotMadeError where nothing is stored."""
        if records.folder is None:
            raise CheckNotMadeError("it needs a stored run")
        self._process.begin(records.folder)
        return self

    def add(self, block: Block) -> None:
        """Nothing: see above."""

    def result(self) -> tuple[Violation, ...]:
        """What the child found. Raises CheckNotMadeError."""
        found = sorted(self._process.outcome().found, key=lambda each: each.of)
        return tuple(
            Violation(kind=self.classes[each.of], names=each.names, proof=each.proof)
            for each in found
        )
