"""An instance that goes down counts unless a fault was on it or on its service."""

from __future__ import annotations

from harness.timeline import Event
from reports.measures.own_endings import ended_by_itself
from reports.measures.phases import fault_lives
from reports.measures.struck import Struck

SERVICES = ("payments", "payments-archive", "ledger", "bank", "postgres")


def instance(at_s: float, name: str, state: str) -> Event:
    ns = round(at_s * 1e9)
    return Event(
        mono_ns=ns,
        wall_ns=ns,
        source="target",
        kind="instance",
        name=name,
        target="",
        data={"state": state},
    )


def fault(name: str, target: str, kind: str = "asked", at_s: float = 10) -> Event:
    ns = round(at_s * 1e9)
    return Event(
        mono_ns=ns, wall_ns=ns, source="fault", kind=kind, name=name, target=target, data={}
    )


def count(*events: Event) -> int | None:
    struck = Struck(lives=fault_lives(events, 0), services=SERVICES)
    return ended_by_itself(events, struck, 0, 60.0)


def test_replicas_that_end_with_their_database_are_counted_once_each() -> None:
    ended = [instance(11 + i, name, "down") for i, name in enumerate(["ledger-1", "payments-1"])]
    again = instance(20, "ledger-1", "down")
    assert count(fault("kill", "postgres"), instance(10, "postgres", "down"), *ended, again) == 2


def test_what_a_fault_ends_does_not_count() -> None:
    down = (instance(11, "payments-1", "down"), instance(12, "payments-2", "down"))
    assert count(fault("rollout", "payments"), *down) == 0
    assert count(fault("kill", "payments-1"), *down) == 1


def test_what_was_struck_and_ends_again_when_the_fault_is_gone_counts() -> None:
    on, gone = fault("kill", "bank"), fault("kill", "bank", "verified_undone", 15)
    assert count(on, instance(11, "bank", "down"), gone) == 0
    assert count(on, instance(11, "bank", "down"), gone, instance(16, "bank", "down")) == 1


def test_another_service_whose_name_begins_alike_is_another_one() -> None:
    assert count(fault("rollout", "payments"), instance(11, "payments-archive-1", "down")) == 1
    assert count(fault("kill", "payments"), instance(11, "payments-archive", "down")) == 1


def test_an_instance_whose_name_only_begins_alike_is_another_one() -> None:
    assert count(fault("kill", "ledger-1"), instance(11, "ledger-10", "down")) == 1


def test_what_ends_before_the_run_or_after_its_load_does_not_count() -> None:
    assert count(instance(-1, "bank", "down"), instance(61, "bank", "down")) == 0


def test_an_instance_that_is_only_not_ready_has_not_ended() -> None:
    assert count(instance(11, "bank", "unready")) == 0


def test_a_target_that_tells_of_no_instance_has_no_figure() -> None:
    assert count(fault("kill", "postgres")) is None
