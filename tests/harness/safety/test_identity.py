"""Who a process is: only the right one is ever signalled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from harness.safety import identity
from tests.support.safety_victims import read_line, victim, within

FORK = (
    "import subprocess, sys, time\n"
    "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'],"
    " start_new_session=True)\n"
    "print(p.pid, flush=True); time.sleep(60)"
)


def test_a_living_process_has_one_start_time() -> None:
    first = identity.process_identity(os.getpid())
    assert first is not None
    assert first == identity.process_identity(os.getpid())
    assert identity.is_alive(os.getpid(), first)


def test_a_process_that_ended_has_none_even_before_it_is_reaped() -> None:
    with victim("") as (process, ticks):
        assert within(5, lambda: identity.process_identity(process.pid) is None) is not None
        assert not identity.is_alive(process.pid, ticks)
        assert process.returncode is None


def test_a_command_with_brackets_and_spaces_is_read() -> None:
    code = "open('/proc/self/comm', 'w').write('a) R (b 1'); print('named', flush=True)"
    with victim(code + "; import time; time.sleep(60)") as (process, ticks):
        read_line(process)
        assert identity.process_identity(process.pid) == ticks


def test_signals_the_process_that_was_meant() -> None:
    with victim() as (process, ticks):
        assert identity.signal_process(process.pid, ticks, signal.SIGSTOP)
        stopped = within(5, lambda: identity.process_state(process.pid, ticks) == "T")
        assert stopped is not None
        assert identity.signal_process(process.pid, ticks, signal.SIGKILL)
        assert process.wait(5) == -signal.SIGKILL


def test_leaves_another_process_with_that_pid_alone() -> None:
    with victim() as (process, ticks):
        assert not identity.signal_process(process.pid, ticks + 1, signal.SIGKILL)
        assert identity.signal_family(process.pid, ticks + 1, signal.SIGKILL) == 0
        assert identity.is_alive(process.pid, ticks)


def test_says_when_there_is_nobody_to_signal() -> None:
    with victim() as (process, ticks):
        process.kill()
        process.wait(5)
        assert not identity.signal_process(process.pid, ticks, signal.SIGCONT)


def test_a_family_holds_a_child_in_its_own_session() -> None:
    with victim(FORK) as (process, ticks):
        child = int(read_line(process))
        pids = {p.pid for p in identity.family((process.pid, ticks))}
        assert pids == {process.pid, child}
        assert identity.signal_family(process.pid, ticks, signal.SIGKILL) == 2
        assert within(5, lambda: identity.process_identity(child) is None) is not None


def test_a_family_outlives_its_leader() -> None:
    code = (
        "import os, subprocess, sys, time\n"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(p.pid, flush=True)"
    )
    with victim(code) as (process, ticks):
        child = int(read_line(process))
        process.wait(5)
        assert [p.pid for p in identity.family((process.pid, ticks))] == [child]
        assert identity.signal_family(process.pid, ticks, signal.SIGKILL) == 1
        assert within(5, lambda: identity.process_identity(child) is None) is not None


def test_never_signals_the_one_who_asks() -> None:
    code = (
        "import os, signal, sys\n"
        "from harness.safety import identity\n"
        "me = os.getpid()\n"
        "ticks = identity.process_identity(me)\n"
        "print(identity.signal_family(me, ticks, signal.SIGKILL))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=20
    )
    assert answer.stdout.strip() == "0"
