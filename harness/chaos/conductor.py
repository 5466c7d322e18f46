"""Chaos Toolkit as a subprocess: it conducts the experiment; the verdict is never its exit code."""

from __future__ import annotations

import os
import select
import signal
import subprocess
from contextlib import suppress
from typing import Final, Protocol

from harness.chaos.journal import Journal, read_journal
from harness.errors import TargetError
from harness.evidence.tables import by_descriptor
from harness.experiment import Experiment
from harness.python_child import CHECKOUT, python_module
from harness.run.inputs import conducted
from harness.safety.identity import process_identity
from harness.safety.state import STATE_DIR_VARIABLE, State
from harness.safety.tied import tie
from harness.safety.undo import UndoLog
from harness.store import RunFolder

# The longest that undoing and proving it may take (harness/faults/driver.py), and a little more.
STOP_S: Final = 20.0
LEAVE_S: Final = 2.0
_LOG: Final = "chaos"


class Conducts(Protocol):
    """Conducts the experiment of one run."""

    def wait_ready(self, timeout_s: float) -> None:
        """Wait until it has loaded the experiment. Raises TargetError."""

    def go(self) -> None:
        """Begin. Raises TargetError if it has died."""

    def finished(self) -> bool:
        """Whether it has ended, by itself or not."""

    def stop(self, grace_s: float = STOP_S) -> None:
        """End it. Safe to repeat."""


class NoConductor:
    """Conducts nothing: in a watch others do something to the system."""

    def wait_ready(self, timeout_s: float) -> None:
        """Nothing to wait for."""

    def go(self) -> None:
        """Nothing begins."""

    def finished(self) -> bool:
        """There is nothing that could be on."""
        return True

    def stop(self, grace_s: float = STOP_S) -> None:
        """Nothing to stop."""


class Conductor:
    """One experiment in a child process, in a session of its own."""

    def __init__(
        self, process: subprocess.Popen[str], folder: RunFolder, undo: UndoLog, record: str
    ) -> None:
        """Of `start`; not called by hand."""
        self._process, self._folder = process, folder
        self._undo, self._record = undo, record
        self._gone = False

    @classmethod
    def start(cls, experiment: Experiment, folder: RunFolder, state: State, seed: int) -> Conductor:
        """Load the experiment; it waits for `go`. Returns at once.

        It is the run's own copy, or from memory the file itself where the copy lacks its secrets.
        """
        copy = RunFolder(folder.root.absolute())
        memory = os.memfd_create("experiment")
        os.write(memory, conducted(experiment.path, copy))
        words = (str(by_descriptor(memory)), "--journal", str(copy.journal))
        command = python_module("harness.chaos.conduct", *words)
        with os.fdopen(memory), copy.log(_LOG).open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=CHECKOUT,
                env={**os.environ, **_environment(copy, state, seed)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                pass_fds=(memory,),
                start_new_session=True,
                preexec_fn=tie(),  # noqa: PLW1509  # system calls only
            )
        undo = UndoLog(state.undo)
        ticks = process_identity(process.pid) or 0
        return cls(process, copy, undo, undo.process_started(process.pid, ticks, _LOG))

    @property
    def pid(self) -> int:
        """The child's pid; it leads its session and its process group."""
        return self._process.pid

    def wait_ready(self, timeout_s: float) -> None:
        """Until it has loaded the experiment. Raises TargetError with its last words."""
        stream = self._process.stdout
        readable = select.select([stream], [], [], timeout_s)[0] if stream else []
        if not readable:
            text = f"the conductor was not ready within {timeout_s:g} s"
            raise TargetError(f"{text}: {self._last_words()}")
        if stream is None or stream.readline().strip() != "ready":
            raise TargetError(f"the conductor died: {self._last_words()}")

    def go(self) -> None:
        """Begin. Raises TargetError if it has died."""
        try:
            self._say("go\n")
        except BrokenPipeError:
            raise TargetError(f"the conductor died: {self._last_words()}") from None

    def finished(self) -> bool:
        """Whether it has ended, by itself or not."""
        return self._process.poll() is not None

    def stop(self, grace_s: float = STOP_S) -> None:
        """End it: asked once (it undoes), killed when that takes too long. Safe to repeat."""
        if self._gone:
            return
        self._gone = True
        begun = self._process.stdin is None or self._process.stdin.closed
        if begun:
            self._process.send_signal(signal.SIGUSR1)  # not sent to one that has ended
        else:
            with suppress(BrokenPipeError):  # it ended before the begin
                self._say("")
        self._end_within(grace_s if begun else LEAVE_S)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._undo.undone(self._record)

    def journal(self) -> Journal | None:
        """Chaos Toolkit's own account; None if it was killed before it could write one.

        Raises StoredRunError if there is one that cannot be read.
        """
        return read_journal(self._folder.journal)

    def _say(self, word: str) -> None:
        """One word, and no more will follow."""
        if self._process.stdin is not None:
            self._process.stdin.write(word)
            self._process.stdin.close()

    def _end_within(self, seconds: float) -> None:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _last_words(self) -> str:
        text = self._folder.log(_LOG).read_text("utf-8", errors="replace")
        said = [line.strip() for line in text.split("\n") if line.strip()]
        return said[-1] if said else "it said nothing"


def _environment(folder: RunFolder, state: State, seed: int) -> dict[str, str]:
    return {
        STATE_DIR_VARIABLE: str(state.root),
        "SQUALL_EXPERIMENT": str(folder.experiment),
        "SQUALL_SYSTEM": str(folder.system),
        "SQUALL_DEPLOYMENT": str(folder.stored_deployment or ""),
        "SQUALL_TIMELINE": str(folder.timeline),
        "SQUALL_SEED": str(seed),
    }
