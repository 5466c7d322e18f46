"""Healing replays the undo log, goes on over errors, proves each undo, and is safe to repeat."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from harness.run.heal import HealReport, Patience, heal, undo_faults
from harness.safety.identity import process_identity, process_state
from harness.safety.state import State
from harness.safety.undo import UndoLog, pending
from harness.targets.records import EdgeFault
from harness.timeline import NoTimeline
from tests.support.fake_target import FakeTarget
from tests.support.manual_clock import ManualClock
from tests.support.safety_timeline import ListTimeline
from tests.support.safety_victims import victim, within
from tests.support.undo_records import undo_of


class Sickbed:
    """A state folder, a clock and a target that still answers."""

    def __init__(self, root: Path) -> None:
        self.state = State(root=root)
        self.log = UndoLog(self.state.undo)
        self.clock = ManualClock()
        self.target = FakeTarget(self.clock, "ledger-1", "payments-1", payments__bank=50.0)
        self.timeline = ListTimeline()

    def heal(self) -> HealReport:
        return heal(self.state, self.target, self.timeline, self.clock)


@pytest.fixture
def bed(tmp_path: Path) -> Sickbed:
    return Sickbed(tmp_path)


def test_undoes_newest_first_and_clears_the_log(bed: Sickbed) -> None:
    bed.log.intent(undo_of("revive", "ledger-1"), 2.0)
    bed.target.kill("ledger-1", 1000)
    bed.log.intent(undo_of("resume", "payments-1"), 2.0)
    bed.target.pause("payments-1", 1000)
    bed.log.intent(undo_of("clear_edge", "payments>bank"), 2.0)
    bed.target.fault_edge("payments>bank", EdgeFault(kind="latency", latency_ms=500), 1000)
    bed.target.calls.clear()
    report = bed.heal()
    assert [c for c in bed.target.calls if " " in c] == [
        "clear_edge payments>bank",
        "resume payments-1",
        "revive ledger-1",
    ]
    assert report.failed == ()
    assert report.cleared
    assert not bed.state.undo.exists()
    assert {i.state for i in bed.target.instances()} == {"ready"}
    assert bed.timeline.kinds == ["undone"] * 3 + ["verified_undone"] * 3


def test_tells_of_the_fault_by_its_own_name(bed: Sickbed) -> None:
    record = bed.log.intent(undo_of("clear_edge", "payments>bank"), 2.0, fault="latency")
    bed.heal()
    told = bed.timeline.one("verified_undone")
    assert (told.name, told.target) == ("latency", "payments>bank")
    assert (told.data["fault_id"], told.data["by"]) == (record, "heal")


def test_heals_one_fault_of_an_edge_and_leaves_the_one_that_is_not_in_the_log(bed: Sickbed) -> None:
    late = EdgeFault(kind="latency", latency_ms=500)
    bed.target.fault_edge("payments>bank", late, 1000)
    bed.target.fault_edge("payments>bank", EdgeFault(kind="slow_close", delay_ms=5), 1000)
    bed.log.intent(undo_of("clear_edge", "payments>bank#slow_close"), 2.0, fault="slow_close")
    report = bed.heal()
    assert [(r.resource, r.undone) for r in report.records] == [("payments>bank#slow_close", True)]
    assert bed.target.edges()[0].faults == (late,)
    assert {event.target for event in bed.timeline.told} == {"payments>bank"}


def test_at_the_end_of_a_run_only_faults_are_undone(bed: Sickbed) -> None:
    with victim() as (process, ticks):
        bed.log.process_started(process.pid, ticks, "supervisor")
        bed.log.intent(undo_of("revive", "ledger-1"), 2.0)
        (healed,) = undo_faults(bed.state, bed.target, bed.timeline)
        assert (healed.resource, healed.undone) == ("ledger-1", True)
        assert [r.resource for r in pending(bed.state.undo)] == ["supervisor"]
        assert process.poll() is None


def test_healing_twice_is_harmless(bed: Sickbed) -> None:
    bed.log.intent(undo_of("revive", "ledger-1"), 2.0)
    bed.target.kill("ledger-1", 1000)
    assert bed.heal().cleared
    assert bed.heal() == HealReport(records=(), kept=(), cleared=True)


def test_heals_what_never_happened(bed: Sickbed) -> None:
    bed.log.intent(undo_of("revive", "ledger-1"), 2.0)
    bed.log.intent(undo_of("clear_edge", "payments>bank"), 2.0)
    assert bed.heal().cleared


def test_goes_on_over_an_error_and_keeps_what_is_not_proven(bed: Sickbed) -> None:
    bed.log.intent(undo_of("revive", "ledger-1"), 2.0)
    bed.target.kill("ledger-1", 1000)
    bed.log.intent(undo_of("clear_edge", "payments>bank"), 2.0)
    bed.target.fault_edge("payments>bank", EdgeFault(kind="latency", latency_ms=500), 1000)
    bed.target.stuck.add("payments>bank")
    report = bed.heal()
    (failed,) = report.failed
    assert failed.resource == "payments>bank"
    assert failed.how == "fault: latency"
    assert not report.cleared
    assert [r.resource for r in pending(bed.state.undo)] == ["payments>bank"]
    assert bed.timeline.kinds.count("undo_failed") == 1
    bed.target.stuck.clear()
    assert bed.heal().cleared


def test_a_target_that_stops_answering_is_no_proof(bed: Sickbed) -> None:
    bed.log.intent(undo_of("clear_edge", "payments>bank"), 2.0)
    bed.target.failing |= {"clear_edge", "edges"}
    (failed,) = bed.heal().failed
    assert "clear_edge payments>bank failed" in failed.how


def test_a_system_that_is_up_keeps_its_processes(bed: Sickbed) -> None:
    with victim() as (process, ticks):
        bed.log.process_started(process.pid, ticks, "supervisor")
        report = bed.heal()
        assert report.kept == ("supervisor",)
        assert process.poll() is None
        assert not report.cleared


def test_without_a_supervisor_what_is_paused_goes_on_and_what_is_left_is_killed(
    tmp_path: Path,
) -> None:
    state = State(root=tmp_path)
    log = UndoLog(state.undo)
    with victim() as (left, left_ticks), victim() as (paused, paused_ticks):
        log.process_started(left.pid, left_ticks, "ledger-1")
        log.intent(undo_of("resume", "payments-1", paused.pid, paused_ticks), 2.0)
        log.intent(undo_of("clear_edge", "payments>bank"), 2.0)
        os.kill(paused.pid, signal.SIGSTOP)
        stopped = within(5, lambda: process_state(paused.pid, paused_ticks) == "T")
        assert stopped is not None
        report = heal(state, None, NoTimeline())
        assert report.failed == ()
        assert report.cleared
        assert left.wait(5) == -signal.SIGKILL
        assert process_state(paused.pid, paused_ticks) in {"R", "S"}


def test_a_reused_pid_is_left_alone(tmp_path: Path) -> None:
    state = State(root=tmp_path)
    log = UndoLog(state.undo)
    with victim() as (process, ticks):
        log.process_started(process.pid, ticks - 1, "long gone")
        log.intent(undo_of("resume", "payments-1", process.pid, ticks - 1), 2.0)
        assert heal(state, None, NoTimeline()).cleared
        assert process_identity(process.pid) == ticks


def test_a_torn_log_is_healed_of_all_that_it_still_says(bed: Sickbed) -> None:
    bed.log.intent(undo_of("revive", "ledger-1"), 2.0)
    bed.target.kill("ledger-1", 1000)
    with bed.state.undo.open("ab") as log:
        log.write(b'\n{"op":"intent","id":"torn","kind":"rev')
    assert bed.heal().cleared
    assert bed.target.instances()[0].state == "ready"


def test_an_abandoned_run_with_nothing_pending_is_cleared(bed: Sickbed) -> None:
    bed.log.abandoned("the harness (pid 7) died")
    assert bed.heal().cleared
    assert not bed.state.undo.exists()


def test_a_resource_that_the_system_lacks_needs_no_undo(bed: Sickbed) -> None:
    bed.log.intent(undo_of("revive", "gone-1"), 2.0)
    report = bed.heal()
    assert report.cleared
    assert report.records[0].how == "the system that is up has no such resource"


def test_waits_no_longer_than_it_may(bed: Sickbed) -> None:
    bed.log.intent(undo_of("revive", "ledger-1"), 2.0)
    bed.target.kill("ledger-1", 1000)
    bed.target.stuck.add("ledger-1")
    began_ns = bed.clock.monotonic_ns()
    report = heal(
        bed.state, bed.target, bed.timeline, bed.clock, Patience(verify_s=1.0, poll_s=0.1)
    )
    assert len(report.failed) == 1
    assert bed.clock.monotonic_ns() - began_ns < 1_200_000_000
