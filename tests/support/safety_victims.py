"""Real processes to be signalled, and waiting for what becomes of them."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from harness.safety.identity import process_identity


@contextmanager
def victim(
    code: str = "import time; time.sleep(60)",
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A Python process in a session of its own, with its start time; killed at the end.

    The code runs only after its identity was read, so that it cannot end before.
    """
    program = f"print('up', flush=True)\ninput()\n{code}"
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        read_line(process)
        ticks = process_identity(process.pid)
        if ticks is None:
            raise RuntimeError("the victim died at once")
        _begin(process)
        yield process, ticks
    finally:
        process.kill()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


def _begin(process: subprocess.Popen[str]) -> None:
    if process.stdin is None:
        raise RuntimeError("its input is not piped")
    process.stdin.write("\n")
    process.stdin.close()


def read_line(process: subprocess.Popen[str]) -> str:
    """The next line that a process prints."""
    if process.stdout is None:
        raise RuntimeError("its output is not piped")
    line = process.stdout.readline().strip()
    if not line:
        raise RuntimeError(f"it printed nothing; exit {process.poll()}")
    return line


def within(seconds: float, holds: Callable[[], bool]) -> float | None:
    """How long it took until `holds`, in seconds; None if it did not in that time."""
    began = time.monotonic()
    pause = threading.Event()
    while not holds():
        if time.monotonic() - began > seconds:
            return None
        pause.wait(0.002)
    return time.monotonic() - began
