"""Starts a supervisor as a child of this process, waits for it and ends it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import msgspec

from harness.errors import ConfigError, HarnessError, RefusedError, TargetError
from harness.python_child import python_module
from harness.safety.identity import process_identity
from harness.safety.tied import tie
from harness.safety.undo import UndoLog
from harness.targets.base import CALL_LIMIT_S, UpPlan
from harness.targets.local.protocol import KEEP, KEPT, Announcement

START_LIMIT_S: Final = 60.0
STOP_LIMIT_S: Final = 15.0
_READ_BYTES: Final = 65_536


class Supervisor:
    """A supervisor that this process has started, in a session of its own."""

    def __init__(self, process: subprocess.Popen[bytes], undo: UndoLog, record: str) -> None:
        self._process, self._undo, self._record = process, undo, record
        self.pid = process.pid
        self.entry = ""

    @classmethod
    def start(
        cls, plan: UpPlan, options: tuple[str, ...] = (), env: Mapping[str, str] | None = None
    ) -> Supervisor:
        """Spawn it and wait until all of the system is ready.

        Raises RefusedError, ConfigError or TargetError as it says; nothing is left then.
        """
        started = cls.spawn(plan, options, env)
        try:
            started.wait_ready()
        except BaseException:  # any error, Ctrl-C too: nothing may be left running
            started.stop()
            raise
        return started

    @classmethod
    def spawn(
        cls, plan: UpPlan, options: tuple[str, ...] = (), env: Mapping[str, str] | None = None
    ) -> Supervisor:
        """Start a supervisor that dies with this process; its output goes to supervisor.log.

        `options` are further ones of `python -m harness.targets.local`.
        """
        plan.folder.logs.mkdir(parents=True, exist_ok=True)
        undo = UndoLog(plan.state.undo)
        with plan.folder.log("supervisor").open("ab") as log:
            process = subprocess.Popen(
                (*_command(plan), *options),
                cwd=plan.system.absolute().parent,
                env=dict(os.environ if env is None else env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                preexec_fn=tie(),  # noqa: PLW1509  # system calls only
            )
        ticks = process_identity(process.pid) or 0
        return cls(process, undo, undo.process_started(process.pid, ticks, "supervisor"))

    def wait_ready(self) -> None:
        """Until all of the system is ready. Raises what the supervisor says."""
        self.entry = _heard(self._process).entry

    def keep(self) -> None:
        """Let it outlive this process (option --outlive). Raises TargetError if it has ended."""
        line = b""
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.write(KEEP)
                self._process.stdin.close()
            line = _read_line(self._process, time.monotonic() + CALL_LIMIT_S)
        if line != KEPT:
            raise TargetError("the supervisor ended before it could be left alone")

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def stop(self, limit_s: float = STOP_LIMIT_S) -> None:
        """End the system and wait for it; by force after `limit_s` (children die with it)."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()
        self._undo.undone(self._record)


def _command(plan: UpPlan) -> tuple[str, ...]:
    paths = {"--system": plan.system, "--run-dir": plan.folder.root, "--state": plan.state.root}
    if plan.deployment is not None:
        paths["--deployment"] = plan.deployment
    if plan.timeline is not None:
        paths["--timeline"] = plan.timeline
    words = [word for option, path in paths.items() for word in (option, str(path.absolute()))]
    if plan.faulted_edges is not None:
        words += ["--faulted", ",".join(sorted(plan.faulted_edges))]
    if plan.hold:
        words += ["--lock", "--outlive"]
    return python_module("harness.targets.local", *words)


def _heard(process: subprocess.Popen[bytes]) -> Announcement:
    """The supervisor's one line. Raises what it says, or TargetError if it says nothing."""
    line = _read_line(process, time.monotonic() + START_LIMIT_S)
    try:
        said = msgspec.json.decode(line, type=Announcement)
    except msgspec.MsgspecError as error:
        raise TargetError("the supervisor ended without a word; see supervisor.log") from error
    if not said.ready:
        kinds: dict[str, type[HarnessError]] = {"refused": RefusedError, "config": ConfigError}
        raise kinds.get(said.trouble, TargetError)(said.error)
    return said


def _read_line(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    if process.stdout is None:
        return b""
    line = b""
    while not line.endswith(b"\n"):
        wait_s = max(0.0, deadline - time.monotonic())
        if not select.select([process.stdout], [], [], wait_s)[0]:
            raise TargetError(f"the supervisor was not ready within {START_LIMIT_S:g} s")
        more = os.read(process.stdout.fileno(), _READ_BYTES)
        if not more:
            break
        line += more
    return line
