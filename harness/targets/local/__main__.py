"""The supervisor's process: a whole local system, from its first child to its last.

`python -m harness.targets.local --system FILE [--deployment FILE] --run-dir DIR --state DIR
[--timeline FILE] [--faulted EDGE,...] [--lock] [--outlive]`
prints one line (protocol.Announcement) when all is ready or cannot be (exit 2), then serves
`<state>/target.sock` until SIGTERM, SIGINT, SIGHUP or a `shutdown` request. It dies with its
parent. With --outlive it reads stdin when it is ready: at `keep` it outlives its parent and says
`kept`, at the end of the file it ends.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import random
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec
import uvloop

from harness.clock import SystemClock
from harness.errors import ConfigError, HarnessError, RefusedError
from harness.run.signals import heeded
from harness.safety.lock import MachineLock
from harness.safety.mark import MARK_VARIABLE
from harness.safety.remains import make_data_folder
from harness.safety.state import State, lock_path
from harness.safety.tied import untie
from harness.safety.undo import UndoLog
from harness.store import RunFolder
from harness.system import read_system
from harness.targets.local.assembly import Place
from harness.targets.local.child import Spawner
from harness.targets.local.control import ControlServer, refuse_second
from harness.targets.local.copied_logs import copied_logs
from harness.targets.local.layout import place
from harness.targets.local.ports import Ports
from harness.targets.local.protocol import KEEP, KEPT, Announcement
from harness.targets.local.supervisor import Supervision
from harness.targets.local.system_life import SystemLife
from harness.timeline import FileTimeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the command line says."""

    system: Path
    deployment: Path | None
    run: RunFolder
    state: State
    timeline: Path
    faulted: frozenset[str] | None
    lock: bool
    outlive: bool


def main() -> int:
    """Run until a signal or `shutdown`. Returns 0 after a normal end, 2 if it was never ready."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    settings = _parse(sys.argv[1:])
    os.umask(0o077)  # sockets, logs and data are this user's alone
    try:
        with _lock(settings):
            uvloop.run(_serve(settings))
    except (HarnessError, OSError) as error:
        _announce(_failure(error))
        return 2
    return 0


async def _serve(settings: Settings) -> None:
    over = asyncio.Event()
    for sig in heeded():
        asyncio.get_running_loop().add_signal_handler(sig, over.set)
    system = read_system(settings.system, settings.deployment)
    refuse_second(settings.state.target_socket)  # before anything of the other one is touched
    where = _folders(settings)
    timeline = FileTimeline(settings.timeline, SystemClock())
    spawner = Spawner(UndoLog(settings.state.undo))
    layout = place(system, Ports(random.Random()), settings.faulted)
    life = SystemLife(layout, where, spawner, timeline)
    supervisor = Supervision(life, timeline)
    supervisor.over = over
    control = ControlServer(settings.state.target_socket, supervisor.handle)
    try:
        await control.open()
        async with copied_logs(layout, where, timeline):
            if await _started(life, over):
                _announce(_success(settings, layout.entry_url))
                if not settings.outlive or await _kept():
                    await over.wait()
    finally:
        await life.stop()
        await control.close()
        timeline.close()


async def _kept() -> bool:
    """Whether the parent wants the system to go on without it; untied when this returns True."""
    word = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(word), sys.stdin
    )
    if await word.readline() != KEEP:
        return False
    untie()
    with contextlib.suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), KEPT)
    return True


async def _started(life: SystemLife, over: asyncio.Event) -> bool:
    """Whether all is ready; False if the end came first. Raises the error of the start."""
    starting = asyncio.create_task(life.start())
    ending = asyncio.create_task(over.wait())
    await asyncio.wait({starting, ending}, return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    if not starting.done():
        starting.cancel()
        await asyncio.wait({starting})
        return False
    await starting
    return True


def _folders(settings: Settings) -> Place:
    where = Place(run=settings.run, sockets=settings.state.root)
    for folder in (settings.run.logs, settings.state.root):
        folder.mkdir(parents=True, exist_ok=True)
    make_data_folder(settings.run.root, os.environ.get(MARK_VARIABLE, ""))
    return where


def _lock(settings: Settings) -> contextlib.AbstractContextManager[object]:
    if not settings.lock:
        return contextlib.nullcontext()
    return MachineLock.take(lock_path())


def _success(settings: Settings, entry: str) -> Announcement:
    socket = str(settings.state.target_socket)
    return Announcement(ready=True, socket=socket, entry=entry, pid=os.getpid())


def _failure(error: Exception) -> Announcement:
    if isinstance(error, RefusedError):
        return Announcement(ready=False, error=str(error), trouble="refused")
    if isinstance(error, ConfigError):
        return Announcement(ready=False, error=str(error), trouble="config")
    return Announcement(ready=False, error=str(error), trouble="target")


def _announce(what: Announcement) -> None:
    with contextlib.suppress(BrokenPipeError):  # the parent may have closed the pipe
        sys.stdout.buffer.write(msgspec.json.encode(what) + b"\n")
        sys.stdout.buffer.flush()


def _parse(arguments: list[str]) -> Settings:
    parser = argparse.ArgumentParser(prog="python -m harness.targets.local")
    parser.add_argument("--system", type=Path, required=True)
    parser.add_argument("--deployment", type=Path)
    parser.add_argument("--run-dir", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--timeline", type=Path)
    parser.add_argument("--faulted", metavar="EDGE,...")
    parser.add_argument("--lock", action="store_true")
    parser.add_argument("--outlive", action="store_true")
    found = parser.parse_args(arguments)
    run = RunFolder(found.run_dir.absolute())
    return Settings(
        system=found.system,
        deployment=found.deployment,
        run=run,
        state=State(root=found.state.absolute()),
        timeline=found.timeline or run.timeline,
        faulted=None if found.faulted is None else frozenset(found.faulted.split(",")),
        lock=found.lock,
        outlive=found.outlive,
    )


if __name__ == "__main__":
    sys.exit(main())
