"""A tied child dies with its parent, also when the parent died before the tie was made."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from harness.safety.identity import is_alive, process_identity
from tests.support.safety_victims import read_line, within

PARENT = """
import subprocess, sys, time
from harness.safety.identity import process_identity
from harness.safety.tied import tie
child = subprocess.Popen(["sleep", "60"], start_new_session=True, preexec_fn=tie())
print(child.pid, process_identity(child.pid), flush=True)
time.sleep(60)
"""
UNTIED = (
    "from harness.safety.tied import untie; untie()\n"
    "import os; os.write(1, b'untied\\\\n'); import time; time.sleep(60)"
)


def parent(program: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("how", ["killed", "stopped and killed"])
def test_dies_with_its_parent(how: str) -> None:
    with parent(PARENT) as process:
        pid, ticks = map(int, read_line(process).split())
        if how == "stopped and killed":
            process.send_signal(signal.SIGSTOP)
            os.kill(pid, signal.SIGSTOP)
        process.kill()
        assert within(2, lambda: not is_alive(pid, ticks)) is not None


def test_a_parent_that_died_between_fork_and_tie_is_noticed() -> None:
    program = (
        "import os; from harness.safety.tied import tie_to\n"
        "tie_to(os.getppid() + 1)\n"
        "print('lives on', flush=True)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, b"")


def test_one_that_is_untied_lives_on() -> None:
    program = PARENT.replace('["sleep", "60"]', f'[sys.executable, "-c", """{UNTIED}"""]')
    with parent(program) as process:
        pid, ticks = map(int, read_line(process).split())
        assert read_line(process) == "untied"
        process.kill()
        process.wait(5)
        assert process_identity(pid) == ticks
        os.kill(pid, signal.SIGKILL)
