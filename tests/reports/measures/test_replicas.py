"""Instances that come and go in a run: how many were wanted and ready, and when."""

from __future__ import annotations

from harness.timeline import Event, Scalar
from reports.measures.replicas import described, replica_lanes, scalings

S = 1_000_000_000


def event(at_s: float, kind: str, name: str, **data: Scalar) -> Event:
    at = round(at_s * S)
    return Event(mono_ns=at, wall_ns=at, source="target", kind=kind, name=name, data=data)


def pod(at_s: float, uid: str, state: str, service: str = "web") -> Event:
    return event(at_s, "instance", f"web-{uid}", uid=uid, state=state, service=service)


def scaled(at_s: float, before: int, replicas: int) -> Event:
    return event(at_s, "scaled", "web", before=before, replicas=replicas)


RISE = (
    pod(-5, "a", "ready"),
    pod(-4, "b", "ready"),
    pod(3, "x", "ready", service="db"),
    scaled(10, 2, 4),
    pod(11, "c", "starting"),
    pod(16, "c", "ready"),
    pod(17, "d", "ready"),
    scaled(50, 4, 2),
    pod(51, "d", "down"),
    pod(52, "c", "down"),
)


def test_the_first_new_instance_is_counted_from_the_wish() -> None:
    (found,) = scalings(RISE, 0)
    assert (found.before, found.most, found.last) == (2, 4, 2)
    assert (found.asked_s, found.first_ready_s, found.back_s, found.turns) == (10, 16, 50, 1)
    assert "first one was ready 6.0 s later" in described(found)


def test_the_lane_says_how_many_of_the_wanted_are_ready() -> None:
    (lane,) = replica_lanes(scalings(RISE, 0), 60)
    assert [(s.begin_s, s.state) for s in lane.spans] == [
        (0, "2 of 2"),
        (10, "2 of 4"),
        (16, "3 of 4"),
        (17, "4 of 4"),
        (50, "4 of 2"),
        (51, "3 of 2"),
        (52, "2 of 2"),
    ]
    assert lane.spans[-1].end_s == 60


def test_instances_that_never_come_are_said() -> None:
    (found,) = scalings([pod(0, "a", "ready"), scaled(1, 1, 3), pod(2, "b", "starting")], 0)
    assert found.first_ready_s is None
    assert "none became ready" in described(found)


def test_an_instance_that_was_starting_before_is_not_the_first_new_one() -> None:
    events = [pod(0, "a", "starting"), scaled(1, 1, 2), pod(2, "a", "ready"), pod(5, "b", "ready")]
    assert scalings(events, 0)[0].first_ready_s == 5


def test_every_change_of_direction_counts() -> None:
    events = [scaled(1, 2, 4), scaled(2, 4, 3), scaled(3, 3, 2), scaled(4, 2, 5), scaled(5, 5, 2)]
    (found,) = scalings(events, 0)
    assert found.turns == 3
    assert found.back_s == 3


def test_a_service_that_only_shrinks_never_asked_for_more() -> None:
    (found,) = scalings([scaled(1, 3, 0), scaled(9, 0, 3)], 0)
    assert (found.asked_s, found.most, found.last) == (9, 3, 3)


def test_without_a_change_there_is_nothing_to_tell() -> None:
    assert scalings([pod(0, "a", "ready"), pod(1, "a", "down")], 0) == ()
