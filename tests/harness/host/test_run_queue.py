"""Waiting for a CPU is read per thread and summed over the run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from harness.host.run_queue import RunQueue

BURN = "import time\nend=time.process_time()+0.3\nwhile time.process_time()<end: pass\n"


def thread(proc: Path, pid: int, tid: int, text: str) -> None:
    folder = proc / str(pid) / "task" / str(tid)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "schedstat").write_text(text)


def test_a_thread_counts_from_its_second_reading_on(tmp_path: Path) -> None:
    queue = RunQueue(tmp_path)
    thread(tmp_path, 7, 7, "1000 500 3")
    assert queue.read([7]).waited_ns == 0
    thread(tmp_path, 7, 7, "1600 900 4")
    thread(tmp_path, 7, 8, "99 99 1")
    seen = queue.read([7])
    assert (seen.ran_ns, seen.waited_ns) == (600, 400)


def test_a_thread_that_ended_keeps_what_was_seen(tmp_path: Path) -> None:
    queue = RunQueue(tmp_path)
    thread(tmp_path, 7, 7, "0 0 1")
    queue.read([7])
    thread(tmp_path, 7, 7, "10 20 2")
    queue.read([7])
    assert queue.read([]).waited_ns == 20


def test_a_kernel_without_schedstats_gives_zero(tmp_path: Path) -> None:
    queue = RunQueue(tmp_path)
    thread(tmp_path, 7, 7, "")
    queue.read([7])
    assert queue.read([7]).ran_ns == 0


def test_the_time_of_this_process_is_seen() -> None:
    queue = RunQueue()
    queue.read([os.getpid()])
    sum(range(3_000_000))
    assert queue.read([os.getpid()]).ran_ns > 0


def test_two_processes_on_one_cpu_wait_for_each_other() -> None:
    queue, cpu = RunQueue(), {min(os.sched_getaffinity(0))}
    pin = f"import os\nos.sched_setaffinity(0, {cpu})\ninput()\n{BURN}input()\n"
    command = [sys.executable, "-c", pin]
    pipe = subprocess.PIPE
    with (
        subprocess.Popen(command, stdin=pipe, text=True) as one,
        subprocess.Popen(command, stdin=pipe, text=True) as other,
    ):
        queue.read([one.pid, other.pid])
        seen = queue.read([one.pid, other.pid])
        for child in (one, other):
            assert child.stdin is not None
            child.stdin.write("\n")
            child.stdin.flush()
        while seen.ran_ns < 500_000_000:
            seen = queue.read([one.pid, other.pid])
        for child in (one, other):
            child.communicate("\n", timeout=20)
    assert seen.waited_ns > 200_000_000
