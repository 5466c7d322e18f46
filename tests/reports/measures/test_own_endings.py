"""An instance that goes down counts unless a fault was on it or on its service."""

from __future__ import annotations

from harness.timeline import Event
from reports.measures.own_endings import ended_by_itself
from reports.measures.phases import fault_lives


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


def fault(name: str, target: str) -> Event:
    ns = 10 * 10**9
    return Event(
        mono_ns=ns, wall_ns=ns, source="fault", kind="asked", name=name, target=target, data={}
    )


def count(*events: Event) -> int | None:
    return ended_by_itself(events, fault_lives(events, 0), 0, 60.0)


def test_replicas_that_end_with_their_database_are_counted_once_each() -> None:
    ended = [instance(11 + i, name, "down") for i, name in enumerate(["ledger-1", "payments-1"])]
    again = instance(20, "ledger-1", "down")
    assert count(fault("kill", "postgres"), instance(10, "postgres", "down"), *ended, again) == 2


def test_what_a_fault_ends_does_not_count() -> None:
    down = (instance(11, "payments-1", "down"), instance(12, "payments-2", "down"))
    assert count(fault("rollout", "payments"), *down) == 0
    assert count(fault("kill", "payments-1"), *down) == 1


def test_an_instance_whose_name_only_begins_alike_is_another_one() -> None:
    assert count(fault("kill", "ledger-1"), instance(11, "ledger-10", "down")) == 1


def test_what_ends_before_the_run_or_after_its_load_does_not_count() -> None:
    assert count(instance(-1, "bank", "down"), instance(61, "bank", "down")) == 0


def test_an_instance_that_is_only_not_ready_has_not_ended() -> None:
    assert count(instance(11, "bank", "unready")) == 0


def test_a_target_that_tells_of_no_instance_has_no_figure() -> None:
    assert count(fault("kill", "postgres")) is None
