"""The CPU of other processes is counted apart from the CPU of the run."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

from harness.clock import NS_PER_S, SystemClock
from harness.host.cpu import CpuMeter, CpuReading, MachineWatch, slice_of
from harness.host.own_tree import OwnTree
from harness.host.processes import TICKS_PER_S, Process, ProcessTable, read_processes
from tests.support.manual_clock import ManualClock

BURN = "import time\nend=time.process_time()+0.3\nwhile time.process_time()<end: pass\n"
ROOT, CHILD, GRANDCHILD, OTHER, INIT = 10, 11, 12, 20, 1


def reading(at_s: float, busy_s: float, others_s: float, beyond_s: float) -> CpuReading:
    busy, others, beyond = (round(s * TICKS_PER_S) for s in (busy_s, others_s, beyond_s))
    return CpuReading(mono_ns=round(at_s * NS_PER_S), busy=busy, others=others, beyond=beyond)


def process(pid: int, parent: int, own: int, reaped: int = 0) -> Process:
    return Process(pid=pid, parent=parent, started_ticks=pid, own=own, reaped=reaped)


def table(*processes: Process) -> ProcessTable:
    return ProcessTable(by_pid={p.pid: p for p in processes})


def test_what_other_processes_took_is_foreign() -> None:
    begin, end = reading(10, 100, 20, 40), reading(12, 103, 21, 40)
    told = slice_of([begin], end, t0_mono_ns=5 * NS_PER_S, cores=2)
    assert (told.begin_s, told.end_s) == (5, 7)
    assert told.busy == 0.75
    assert told.foreign == 0.25


def test_what_no_process_shows_is_foreign_as_well() -> None:
    """Another container's processes, or a hypervisor's steal."""
    told = slice_of([reading(0, 0, 0, 0)], reading(1, 1.6, 0, 0.5), t0_mono_ns=0, cores=2)
    assert told.foreign == 0.25


def test_a_clock_tick_too_many_for_ourselves_is_not_less_than_nothing() -> None:
    told = slice_of([reading(0, 0, 0, 0)], reading(1, 1, -0.02, -0.1), t0_mono_ns=0, cores=2)
    assert told.foreign == 0


def test_a_dip_of_one_reading_is_not_work_when_it_comes_back() -> None:
    """The table is not read in one instant: a process reaped during the reading is missing."""
    whole, dip, back = reading(0, 0, 9, 0), reading(1, 0, 5, 0), reading(2, 0, 9.2, 0)
    assert slice_of([whole, dip], back, t0_mono_ns=0, cores=2).foreign == 0.1


def test_all_that_descends_is_own_and_nobody_else() -> None:
    own = OwnTree(ROOT)
    everyone = [process(INIT, 0, 100), process(OTHER, INIT, 100), process(ROOT, OTHER, 1)]
    everyone += [process(CHILD, ROOT, 2, reaped=4), process(GRANDCHILD, CHILD, 8)]
    assert own.ticks(table(*everyone)) == 15


def test_the_dead_are_counted_where_they_were_waited_for() -> None:
    own = OwnTree(ROOT)
    own.ticks(table(process(ROOT, INIT, 1), process(CHILD, ROOT, 2)))
    assert own.ticks(table(process(ROOT, INIT, 1, reaped=3))) == 4


def test_an_orphan_stays_own_until_its_end_and_after_it() -> None:
    own = OwnTree(ROOT)
    root, child = process(ROOT, INIT, 1), process(CHILD, ROOT, 2)
    own.ticks(table(root, child, process(GRANDCHILD, CHILD, 8)))
    orphaned = table(process(ROOT, INIT, 1, reaped=2), process(GRANDCHILD, INIT, 9))
    assert own.ticks(orphaned) == 12
    assert own.ticks(table(process(ROOT, INIT, 1, reaped=2), process(INIT, 0, 0, reaped=9))) == 12


def test_workers_that_die_together_with_their_parent_are_not_lost() -> None:
    own = OwnTree(ROOT)
    own.ticks(table(process(ROOT, INIT, 1), process(CHILD, ROOT, 2), process(GRANDCHILD, CHILD, 8)))
    assert own.ticks(table(process(ROOT, INIT, 1, reaped=2))) == 11


def test_a_pid_that_is_used_again_is_somebody_else() -> None:
    own = OwnTree(ROOT)
    own.ticks(table(process(ROOT, INIT, 1), process(CHILD, ROOT, 2)))
    stranger = Process(pid=CHILD, parent=INIT, started_ticks=99, own=50, reaped=0)
    assert own.ticks(table(process(ROOT, INIT, 1, reaped=2), stranger)) == 3


def test_a_real_child_that_has_ended_counts_as_own() -> None:
    own = OwnTree(os.getpid())
    before = own.ticks(read_processes())
    subprocess.run([sys.executable, "-c", BURN], check=True)
    assert own.ticks(read_processes()) - before >= 0.25 * TICKS_PER_S


def test_a_real_stranger_is_foreign() -> None:
    """Its parent is this process, but the tree is a sleeping child's."""
    with subprocess.Popen(["sleep", "30"]) as sleeper:
        meter = CpuMeter(sleeper.pid, SystemClock())
        before = meter.read()
        subprocess.run([sys.executable, "-c", BURN], check=True)
        after = meter.read()
        sleeper.kill()
    assert after.others - before.others >= 0.25 * TICKS_PER_S


def test_the_name_of_who_took_the_cpu_is_kept() -> None:
    before = CpuReading(mono_ns=0, busy=0, others=0, beyond=0, by_process={(7, "cc1"): 5})
    after = reading(1, 1, 0.5, 0)
    after = replace(after, by_process={(7, "cc1"): 55, (8, "new"): 9_000})
    assert slice_of([before], after, t0_mono_ns=0, cores=2).takers == {"cc1": 0.25}


def test_slices_last_a_second_and_leave_no_gap() -> None:
    clock = ManualClock()
    watch = MachineWatch(clock)
    for _ in range(9):
        clock.advance(0.25)
        watch.tick()
    slices = watch.slices(t0_mono_ns=clock.monotonic_ns() - round(2.25 * NS_PER_S))
    assert [(s.begin_s, s.end_s) for s in slices] == [(0, 1), (1, 2)]
