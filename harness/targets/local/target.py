"""The local target from outside: the supervisor's start, and the client of its socket."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from harness.errors import ConfigError, HarnessError, RefusedError, TargetError
from harness.python_child import python_module
from harness.safety.identity import process_identity
from harness.safety.state import State
from harness.safety.tied import tie
from harness.safety.undo import UndoLog
from harness.store import RunFolder
from harness.targets.base import EdgeFault, EdgeStatus, InstanceStatus
from harness.targets.local.protocol import (
    KEEP,
    KEPT,
    Announcement,
    Answer,
    Request,
    raise_trouble,
)

# Longer than the supervisor gives itself: normally it is the one to say that it took too long.
CALL_LIMIT_S: Final = 15.0
START_LIMIT_S: Final = 60.0
STOP_LIMIT_S: Final = 15.0
_LOOK_AGAIN_S: Final = 0.02
_READ_BYTES: Final = 65_536


class LocalTarget:
    """Implements harness.targets.base.Target. One connection a call: safe from any thread."""

    def __init__(self, path: Path, limit_s: float = CALL_LIMIT_S) -> None:
        self._path, self._limit_s = path, limit_s

    def instances(self) -> tuple[InstanceStatus, ...]:
        """All instances, in the order of the system file."""
        return self._ask(Request(op="instances")).instances

    def edges(self) -> tuple[EdgeStatus, ...]:
        """All edges, in the order of the system file."""
        return self._ask(Request(op="edges")).edges

    def parts(self) -> tuple[InstanceStatus, ...]:
        """What carries the edges: the Envoys and the TCP proxy. Nothing of the system itself."""
        return self._ask(Request(op="parts")).instances

    def kill(self, instance: str, lease_s: float) -> InstanceStatus:
        """Kill (SIGKILL) and hold down until `revive` or the lease ends; who it was before."""
        return self._instance(Request(op="kill", resource=instance, lease_s=lease_s))

    def revive(self, instance: str) -> InstanceStatus:
        """Start a killed instance; returns at once (state starting). Nothing to do if it lives."""
        return self._instance(Request(op="revive", resource=instance))

    def pause(self, instance: str, lease_s: float) -> InstanceStatus:
        """Freeze (SIGSTOP the whole session) until `resume` or the lease ends."""
        return self._instance(Request(op="pause", resource=instance, lease_s=lease_s))

    def resume(self, instance: str) -> InstanceStatus:
        """Let it go on. Nothing to do if it was not paused."""
        return self._instance(Request(op="resume", resource=instance))

    def fault_edge(self, edge: str, fault: EdgeFault, lease_s: float) -> EdgeStatus:
        """Set the one fault of an edge, replacing any other."""
        request = Request(op="fault_edge", resource=edge, fault=fault, lease_s=lease_s)
        return self._edge(request)

    def clear_edge(self, edge: str) -> EdgeStatus:
        """Take the fault away; bytes held by it go at once."""
        return self._edge(Request(op="clear_edge", resource=edge))

    def renew(self, resource: str, lease_s: float) -> None:
        """Prolong the lease of an instance's or edge's fault. Raises if it has none (any more)."""
        self._ask(Request(op="renew", resource=resource, lease_s=lease_s))

    def shutdown(self, limit_s: float = STOP_LIMIT_S) -> None:
        """End the whole system; returns when it is down. Raises TargetError after `limit_s`."""
        self._ask(Request(op="shutdown"))
        deadline = time.monotonic() + limit_s
        while self._path.exists():  # the supervisor removes it last
            if time.monotonic() > deadline:
                raise TargetError(f"{self._path}: the system is not down after {limit_s:g} s")
            time.sleep(_LOOK_AGAIN_S)

    def _instance(self, request: Request) -> InstanceStatus:
        return self._ask(request).instances[0]

    def _edge(self, request: Request) -> EdgeStatus:
        return self._ask(request).edges[0]

    def _ask(self, request: Request) -> Answer:
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(self._limit_s)
                line.connect(str(self._path))
                line.sendall(msgspec.json.encode(request) + b"\n")
                with line.makefile("rb") as stream:
                    answer = msgspec.json.decode(stream.readline(), type=Answer)
        except (OSError, msgspec.MsgspecError) as error:
            text = f"{request.op}: the supervisor does not answer: {error}"
            raise TargetError(f"{self._path}: {text}") from error
        raise_trouble(answer)
        return answer


class Supervisor:
    """A supervisor that this process has started, in a session of its own."""

    def __init__(self, process: subprocess.Popen[bytes], undo: UndoLog, record: str) -> None:
        self._process, self._undo, self._record = process, undo, record
        self.pid = process.pid
        self.entry = ""

    @classmethod
    def start(
        cls,
        system: Path,
        run: RunFolder,
        state: State,
        options: tuple[str, ...] = (),
        env: Mapping[str, str] | None = None,
    ) -> Supervisor:
        """Spawn it and wait until all of the system is ready.

        Raises RefusedError, ConfigError or TargetError as it says; nothing is left then.
        """
        started = cls.spawn(system, run, state, options, env)
        try:
            started.wait_ready()
        except BaseException:  # any error, Ctrl-C too: nothing may be left running
            started.stop()
            raise
        return started

    @classmethod
    def spawn(
        cls,
        system: Path,
        run: RunFolder,
        state: State,
        options: tuple[str, ...] = (),
        env: Mapping[str, str] | None = None,
    ) -> Supervisor:
        """Start a supervisor that dies with this process; what it prints goes to supervisor.log.

        `options` go to `python -m harness.targets.local` (--lock, --timeline, --direct, --outlive).
        """
        run.logs.mkdir(parents=True, exist_ok=True)
        undo = UndoLog(state.undo)
        with run.log("supervisor").open("ab") as log:
            process = subprocess.Popen(
                (*_command(system, run, state), *options),
                cwd=system.absolute().parent,
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


def _command(system: Path, run: RunFolder, state: State) -> tuple[str, ...]:
    paths = {"--system": system, "--run-dir": run.root, "--state": state.root}
    where = (word for option, path in paths.items() for word in (option, str(path.absolute())))
    return python_module("harness.targets.local", *where)


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
