"""Which instances the live view lists when a target replaces them."""

from __future__ import annotations

from harness.timeline import Event, Scalar
from harness.view.shown_instances import ShownInstances


def shown(*events: tuple[str, str, str]) -> dict[str, str]:
    """After events of (name, state, why) of the service that the name begins with."""
    instances = ShownInstances()
    for name, state, why in events:
        data: dict[str, Scalar] = {
            "state": state,
            "service": name.split("-", maxsplit=1)[0],
            "why": why,
        }
        instances.take(
            Event(mono_ns=1, wall_ns=1, source="target", kind="instance", name=name, data=data)
        )
    return instances.states


def test_a_deleted_instance_is_listed_until_another_of_its_service_is_ready() -> None:
    before = (
        ("ledger-a", "ready", ""),
        ("ledger-b", "ready", ""),
        ("ledger-a", "down", "deleted"),
        ("ledger-c", "starting", ""),
    )
    assert shown(*before) == {"ledger-a": "down", "ledger-b": "ready", "ledger-c": "starting"}
    assert shown(*before, ("ledger-c", "ready", "")) == {"ledger-b": "ready", "ledger-c": "ready"}


def test_an_instance_of_another_service_replaces_none() -> None:
    states = shown(("ledger-a", "down", "deleted"), ("bank-a", "ready", ""))
    assert states == {"ledger-a": "down", "bank-a": "ready"}


def test_each_new_instance_replaces_one() -> None:
    lost = (("ledger-a", "down", "deleted"), ("ledger-b", "down", "deleted"))
    assert shown(*lost, ("ledger-c", "ready", "")) == {"ledger-b": "down", "ledger-c": "ready"}


def test_an_instance_that_is_down_and_comes_back_under_its_name_stays_listed() -> None:
    assert shown(("ledger-1", "down", ""), ("ledger-1", "ready", "")) == {"ledger-1": "ready"}


def test_a_successor_may_have_the_name_of_the_deleted_one() -> None:
    back = (("postgres-0", "down", "deleted"), ("postgres-0", "starting", ""))
    assert shown(*back) == {"postgres-0": "starting"}
    assert shown(*back, ("postgres-0", "ready", "")) == {"postgres-0": "ready"}
    assert shown(("db-0", "down", "deleted"), ("db-0", "ready", "")) == {"db-0": "ready"}
