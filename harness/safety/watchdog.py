"""The watchdog: a process of its own that undoes faults and ends the run when the harness dies.

It reads a pipe whose only writer is the harness. The kernel closes that pipe however the harness
dies, kill -9 included; an end without a farewell is a death. Each child of the harness is tied to
it as well (harness/safety/tied.py); the watchdog ends what such a tie cannot reach: grandchildren
and paused processes. The undo log stays, so that the next run refuses until `squall heal` has
looked.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.clock import NS_PER_S, Clock, SystemClock
from harness.errors import HarnessError, RefusedError
from harness.python_child import python_module
from harness.safety.ending import end_processes
from harness.safety.private_file import append_private
from harness.safety.replay import undo_orphans
from harness.safety.state import State
from harness.safety.undo import REPLAYED, UndoLog

_FAREWELL: Final = b"CLEAN"
_READY: Final = b"ready\n"
_START_S: Final = 10.0
_CLEAN_S: Final = 5.0
_END_S: Final = 1.5  # of the two seconds within which all must be over


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchdog:
    """The harness's end of it: until `clean` is said, this process's death ends the run."""

    process: subprocess.Popen[bytes]
    writer: int

    @classmethod
    def start(cls, state: State) -> Watchdog:
        """Start it, in its own session. Raises RefusedError if it is not ready in time.

        The pipe's write end is not inheritable: a child that held it would keep the pipe open
        after our death.
        """
        reader, writer = os.pipe()
        words = (str(reader), str(state.undo), str(os.getpid()))
        command = python_module("harness.safety.watchdog", *words)
        with os.fdopen(append_private(state.watchdog_log), "ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                pass_fds=(reader,),
                start_new_session=True,
            )
        os.close(reader)
        if not _said_ready(process):
            os.close(writer)
            process.kill()
            process.wait()
            raise RefusedError(f"the watchdog did not start; see {state.watchdog_log}")
        return cls(process=process, writer=writer)

    @property
    def alive(self) -> bool:
        """Whether it still watches."""
        return self.process.poll() is None

    def clean(self) -> None:
        """Say farewell: all is undone and ended. Harmless when done twice."""
        if self.process.returncode is not None:
            return
        with contextlib.suppress(BrokenPipeError):  # it died before us
            os.write(self.writer, _FAREWELL)
        os.close(self.writer)
        try:
            self.process.wait(_CLEAN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def watch(reader: int, undo: Path, harness_pid: int, clock: Clock) -> bool:
    """Wait for the end of the harness; True if it went in peace, False if all had to be ended."""
    heard = b""
    while more := os.read(reader, 64):
        heard = (heard + more)[-64:]
    if _FAREWELL in heard:
        return True
    began_ns = clock.monotonic_ns()
    log = UndoLog(undo)
    records = log.pending()
    faults = [record for record in records if record.kind in REPLAYED]
    left = end_processes(records, clock, _END_S)  # first: an undo may have to wait for an answer
    failed = undo_orphans(faults)
    took_ms = (clock.monotonic_ns() - began_ns) / NS_PER_S * 1000
    undone = f"{len(faults) - len(failed)} of {len(faults)} faults undone"
    words = f"{len(records)} records, {undone}, {len(left)} processes left alive"
    for text in failed:
        sys.stderr.write(f"not undone: {text}\n")
    log.abandoned(f"the harness (pid {harness_pid}) died; {words} after {took_ms:.0f} ms")
    sys.stderr.write(f"harness {harness_pid} died: {words} after {took_ms:.0f} ms\n")
    return False


def main(arguments: list[str]) -> int:
    """Watch: the pipe's descriptor, the undo log, the harness's pid."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(ignored, signal.SIG_IGN)
    reader, undo, harness_pid = int(arguments[0]), Path(arguments[1]), int(arguments[2])
    os.write(sys.stdout.fileno(), _READY)
    try:
        return 0 if watch(reader, undo, harness_pid, SystemClock()) else 1
    except HarnessError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _said_ready(process: subprocess.Popen[bytes]) -> bool:
    if process.stdout is None:
        return False
    with process.stdout as stream:
        readable, _, _ = select.select([stream], [], [], _START_S)
        return bool(readable) and stream.readline() == _READY


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
