"""One child process: a session of its own, watched by a pidfd, signalled only as who it is."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal as signals
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from harness.errors import TargetError
from harness.safety.identity import process_identity, signal_family, signal_process
from harness.safety.tied import tie_to

# The system under test yields to the load generator on a full machine: a generator that starts
# its requests late would measure itself. All parts of the system are equally nice, so that no
# part gains on another. It works where the kernel weighs processes; where it weighs sessions
# (autogroup, see docs/performance.md), each child has a session of its own and does not yield.
NICE: Final = 5
_CLONE_NEWUSER: Final = 0x10000000
_LIBC: Final = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """How a child starts. `unprivileged` gives up root in a user namespace of its own."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    log: Path
    stdin: Path | None = None
    unprivileged: bool = False


class ProcessLog(Protocol):
    """Where each child is noted, so that somebody else can end it when we cannot."""

    def process_started(self, pid: int, started_ticks: int, name: str) -> str:
        """Note a child; returns the record's id."""

    def undone(self, record_id: str) -> None:
        """Note that it has ended."""


class NoProcessLog:
    """Notes nothing."""

    def process_started(self, pid: int, started_ticks: int, name: str) -> str:
        """Drop the note."""
        del pid, started_ticks, name
        return ""

    def undone(self, record_id: str) -> None:
        """Drop the note."""
        del record_id


class Child:
    """A started process. `started_ticks` is 0 if it had ended before it could be looked at."""

    def __init__(
        self, process: subprocess.Popen[bytes], command: Command, over: Callable[[], None]
    ) -> None:
        self.name, self.pid = command.name, process.pid
        self.started_ticks = process_identity(process.pid) or 0
        self._process, self._when_over = process, over
        self._over = asyncio.Event()
        self._pidfd = os.pidfd_open(process.pid)
        asyncio.get_running_loop().add_reader(self._pidfd, self._reap)

    async def ended(self, limit_s: float | None = None) -> int:
        """Its exit code (negative: the signal). Raises TimeoutError after `limit_s`."""
        async with asyncio.timeout(limit_s):
            await self._over.wait()
        return int(self._process.returncode)

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return not self._over.is_set()

    def signal(self, sig: signals.Signals) -> bool:
        """Signal its process group; False if it has ended: then nothing is signalled."""
        return self.alive and signal_process(self.pid, self.started_ticks, sig)

    def signal_family(self, sig: signals.Signals) -> int:
        """Signal it, its session and its descendants' sessions; how many were signalled."""
        return signal_family(self.pid, self.started_ticks, sig) if self.alive else 0

    def _reap(self) -> None:
        if self._process.poll() is None:
            return
        asyncio.get_running_loop().remove_reader(self._pidfd)
        os.close(self._pidfd)
        self._over.set()
        self._when_over()


class Spawner:
    """Starts children and notes each of them."""

    def __init__(self, processes: ProcessLog) -> None:
        self._processes = processes
        self._started: list[Child] = []

    def start(self, command: Command) -> Child:
        """Start it now. Raises TargetError if it cannot be started or noted."""
        try:
            process = _popen(command)
        except (OSError, subprocess.SubprocessError) as error:
            raise TargetError(
                f"{command.name}: {command.argv[0]}: {_why(command, error)}"
            ) from error
        ticks = process_identity(process.pid) or 0
        try:
            record = self._processes.process_started(process.pid, ticks, command.name)
        except Exception:  # any error: a child without a record must be killed
            process.kill()
            process.wait()
            raise
        child = Child(process, command, partial(self._processes.undone, record))
        self._started = [one for one in self._started if one.alive]
        self._started.append(child)
        return child

    async def end_all(self, limit_s: float) -> None:
        """Kill every living child, also one that does not belong to an instance (initdb)."""
        living = [child for child in self._started if child.alive]
        for child in living:
            child.signal_family(signals.SIGKILL)
        for child in living:
            await child.ended(limit_s)


def _popen(command: Command) -> subprocess.Popen[bytes]:
    with (
        command.log.open("ab", buffering=0) as log,
        (command.stdin or Path(os.devnull)).open("rb") as stdin,
    ):
        return subprocess.Popen(
            command.argv,
            env=dict(command.env),
            stdin=stdin,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # Safe here: the supervisor has one thread, and only system calls follow the fork.
            preexec_fn=partial(_prepare, os.getpid(), command.unprivileged),  # noqa: PLW1509
        )


def _why(command: Command, error: Exception) -> str:
    if command.unprivileged and isinstance(error, subprocess.SubprocessError):
        return "it refuses root, and no user namespace can be had here: run as an ordinary user"
    return f"cannot start: {error}"


def _prepare(parent: int, unprivileged: bool) -> None:
    """In the child: give up root if asked, be nice, and die when the supervisor dies."""
    if unprivileged and _LIBC.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "no user namespaces")
    os.nice(NICE)
    tie_to(parent)  # after unshare, which would take it back
