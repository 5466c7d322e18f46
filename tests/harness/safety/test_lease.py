"""A lease is renewed while it beats, and ends by itself."""

from __future__ import annotations

import threading

from harness.errors import TargetError
from harness.safety.lease import Heartbeat, NoLease
from tests.support.safety_victims import within


class Renewals:
    def __init__(self, *, refuse: bool = False) -> None:
        self.seen: list[tuple[str, float]] = []
        self.third = threading.Event()
        self.refuse = refuse

    def __call__(self, resource: str, lease_s: float) -> None:
        self.seen.append((resource, lease_s))
        if len(self.seen) == 3:
            self.third.set()
        if self.refuse:
            raise TargetError(f"{resource} has no lease")


def test_renews_until_it_is_stopped() -> None:
    renewals = Renewals()
    lease = Heartbeat(renewals, "ledger-1", 60, lease_s=2.0, every_s=0.01)
    assert renewals.third.wait(5)
    lease.stop()
    lease.stop()
    count = len(renewals.seen)
    assert not lease.alive
    assert lease.lost == ""
    assert set(renewals.seen) == {("ledger-1", 2.0)}
    assert len(renewals.seen) == count


def test_ends_by_itself_at_its_maximum() -> None:
    lease = Heartbeat(Renewals(), "ledger-1", 0.05, every_s=0.01)
    assert within(5, lambda: not lease.alive) is not None
    assert lease.lost == "held for its maximum of 0.05 s"


def test_a_lease_that_the_target_dropped_is_lost() -> None:
    lease = Heartbeat(Renewals(refuse=True), "ledger-1", 60, lease_s=0.05, every_s=0.01)
    assert within(5, lambda: not lease.alive) is not None
    assert lease.lost == "ledger-1 has no lease"


def test_one_missed_beat_is_not_the_end() -> None:
    renewals = Renewals(refuse=True)
    lease = Heartbeat(renewals, "ledger-1", 60, lease_s=30, every_s=0.01)
    assert renewals.third.wait(5)
    assert lease.alive
    assert lease.lost == ""
    lease.stop()


def test_no_lease_holds_nothing() -> None:
    lease = NoLease()
    lease.stop()
    assert lease.lost == ""
