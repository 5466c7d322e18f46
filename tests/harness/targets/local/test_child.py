"""Child processes: whose they are, how they end, and that nobody else is ever signalled."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from harness.errors import TargetError
from harness.safety.identity import is_alive, process_identity
from harness.safety.undo import UndoLog
from harness.targets.local.child import NICE, Child, Command, NoProcessLog, Spawner
from tests.support.target_waiting import until


def command(tmp_path: Path, *argv: str, **env: str) -> Command:
    whole = {"PATH": os.environ["PATH"], **env}
    return Command(name="child", argv=argv, env=whole, log=tmp_path / "child.log")


def act(play: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(play())  # type: ignore[arg-type]  # plays are coroutine functions


def test_a_child_leads_a_session_is_nicer_and_sees_only_its_environment(tmp_path: Path) -> None:
    async def play() -> None:
        code = "import os; print(os.getsid(0) == os.getpid(), os.nice(0), sorted(os.environ))"
        started = command(tmp_path, sys.executable, "-c", code, ONLY="this", LC_CTYPE="C")
        assert await Spawner(NoProcessLog()).start(started).ended(10) == 0

    act(play)
    expected = f"True {os.nice(0) + NICE} ['LC_CTYPE', 'ONLY', 'PATH']\n"
    assert (tmp_path / "child.log").read_text() == expected


def test_is_noted_while_it_lives_and_no_longer(tmp_path: Path) -> None:
    async def play() -> None:
        log = UndoLog(tmp_path / "undo.ndjson")
        child = Spawner(log).start(command(tmp_path, "sleep", "60"))
        (record,) = log.pending()
        assert (record.kind, record.resource) == ("process", "child")
        assert (record.pid, record.started_ticks) == (child.pid, process_identity(child.pid))
        assert child.signal(signal.SIGKILL)
        assert await child.ended(10) == -signal.SIGKILL
        assert log.pending() == ()

    act(play)


def test_a_pid_with_another_start_time_is_never_signalled(tmp_path: Path) -> None:
    async def play() -> None:
        child = Spawner(NoProcessLog()).start(command(tmp_path, "sleep", "60"))
        ticks = child.started_ticks
        child.started_ticks += 1
        assert not child.signal(signal.SIGKILL)
        assert child.signal_family(signal.SIGKILL) == 0
        assert is_alive(child.pid, ticks)
        child.started_ticks = ticks
        assert child.signal(signal.SIGKILL)
        await child.ended(10)

    act(play)


def test_one_that_has_ended_is_not_signalled(tmp_path: Path) -> None:
    async def play() -> None:
        child = Spawner(NoProcessLog()).start(command(tmp_path, "true"))
        await child.ended(10)
        assert not child.signal(signal.SIGKILL)
        assert child.signal_family(signal.SIGKILL) == 0

    act(play)


def test_waiting_for_its_end_has_a_limit(tmp_path: Path) -> None:
    async def play() -> None:
        child: Child = Spawner(NoProcessLog()).start(command(tmp_path, "sleep", "60"))
        with pytest.raises(TimeoutError):
            await child.ended(0.01)
        child.signal(signal.SIGKILL)
        await child.ended(10)

    act(play)


def test_a_program_that_is_missing_is_named(tmp_path: Path) -> None:
    async def play() -> None:
        with pytest.raises(TargetError, match="child: no-such-program: cannot start"):
            Spawner(NoProcessLog()).start(command(tmp_path, "no-such-program"))

    act(play)


def test_dies_when_its_supervisor_is_killed(tmp_path: Path) -> None:
    code = (
        "import asyncio, pathlib, sys\n"
        "from harness.targets.local.child import *\n"
        "async def main():\n"
        "    c = Command(name='c', argv=('sleep', '60'), env={'PATH': '/usr/bin:/bin'},\n"
        "                log=pathlib.Path(sys.argv[1]))\n"
        "    child = Spawner(NoProcessLog()).start(c)\n"
        "    print(child.pid, child.started_ticks, flush=True)\n"
        "    await child.ended()\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    ) as supervisor:
        assert supervisor.stdout is not None
        pid, ticks = map(int, supervisor.stdout.readline().split())
        assert is_alive(pid, ticks)
        supervisor.kill()
    until(lambda: not is_alive(pid, ticks))
