"""CPU is accounted by name: a child counts with its parent unless it is watched itself."""

from __future__ import annotations

import os
import subprocess
import sys

from harness.clock import NS_PER_S, SystemClock
from harness.host.usage import Sample, Watched, between, over_time, take_sample

BURN = "import time\nend=time.process_time()+0.3\nwhile time.process_time()<end: pass\n"
BURN_AND_STAY = BURN + "print(flush=True)\ninput()\n"


def test_a_busy_child_counts_with_its_parent_or_by_itself() -> None:
    command = [sys.executable, "-c", BURN_AND_STAY]
    clock = SystemClock()
    me = Watched(name="me", pid=os.getpid())
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        before = take_sample((me,), clock)
        if child.stdout:
            child.stdout.readline()
        together = take_sample((me,), clock)
        apart = take_sample((me, Watched(name="child", pid=child.pid)), clock)
        child.kill()
    assert together.cpu_s["me"] - before.cpu_s["me"] >= 0.2
    assert apart.cpu_s["child"] >= 0.2
    assert apart.cpu_s["me"] <= together.cpu_s["me"] - 0.2


def test_the_dearest_stands_first_with_its_share_of_a_core() -> None:
    begin = Sample(mono_ns=1_000_000_000, cpu_s={"a": 1.0, "b": 0.0})
    end = Sample(mono_ns=3_000_000_000, cpu_s={"a": 1.2, "b": 1.0, "new": 5.0})
    dear, cheap = between(begin, end, 0)
    assert (dear.name, dear.of_one_core) == ("b", 0.5)
    assert (cheap.name, cheap.cpu_s) == ("a", 0.2)


def test_a_restarted_process_counts_from_zero_and_shares_are_of_the_asked_stretch() -> None:
    samples = [
        Sample(mono_ns=second * NS_PER_S, cpu_s=cpu_s)
        for second, cpu_s in ((1, {"a": 5.0}), (3, {"a": 7.0}), (5, {"a": 0.5, "b": 1.0}))
    ]
    found = over_time(samples, NS_PER_S)
    assert found.shares(0, 2) == {"a": 1.0}
    assert found.shares(2, 4) == {"b": 0.5, "a": 0.25}
    assert found.shares(0, 4) == {"a": 0.625, "b": 0.25}
    assert found.shares(9, 10) == {}
