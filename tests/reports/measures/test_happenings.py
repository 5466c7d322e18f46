"""The list of events tells each change once, in the order of time, and folds what repeats."""

from __future__ import annotations

from harness.timeline import Event, Scalar
from reports.measures.happenings import MOST_HAPPENINGS, happenings


def event(at_s: float, source: str, kind: str, names: tuple[str, str], **data: Scalar) -> Event:
    ns = round(at_s * 1e9)
    name, target = names
    return Event(
        mono_ns=ns, wall_ns=ns, source=source, kind=kind, name=name, target=target, data=data
    )


def health(at_s: float, state: str) -> Event:
    names = ("payments>ledger", "ledger-1")
    return event(at_s, "service", "health", names, state=state, by="mesh", why="check_network")


def test_events_are_in_the_order_of_time_and_of_the_load() -> None:
    events = (
        event(3.0, "fault", "verified", ("kill", "ledger-1")),
        event(1.0, "run", "phase", ("baseline", "")),
        event(-1.0, "target", "instance", ("ledger-1", ""), state="starting"),
        event(11.0, "target", "instance", ("ledger-1", ""), state="stopped"),
        event(3.5, "fault", "held", ("kill", "ledger-1"), on=True),
    )
    told = happenings(events, 0, 10.0)
    assert [each.what for each in told] == [
        "phase baseline begins",
        "fault kill of ledger-1: proven on",
    ]


def test_a_state_that_is_reported_again_is_told_once() -> None:
    told = happenings([health(at, "unhealthy") for at in (1.0, 1.2, 9.0)], 0, 10.0)
    assert [(each.at_s, each.detail) for each in told] == [(1.0, "check network")]


def test_that_all_is_well_at_first_is_not_told() -> None:
    assert happenings([health(1.0, "healthy")], 0, 10.0) == ()


def test_what_flaps_is_folded_and_counted() -> None:
    states = ["unhealthy", "healthy"] * 10
    told = happenings([health(1 + i / 10, state) for i, state in enumerate(states)], 0, 10.0)
    assert [each.times for each in told] == [10, 10]
    assert (told[0].at_s, round(told[0].until_s, 3)) == (1.0, 2.8)


def test_each_opening_of_a_breaker_is_told_with_its_reason() -> None:
    names = ("payments>ledger", "payments-1")
    events = [
        event(1 + i / 10, "service", "breaker", names, after=state, failures=5)
        for i, state in enumerate(["open", "half_open"] * 5)
    ]
    told = happenings(events, 0, 10.0)
    assert len(told) == 10
    assert told[0].what == "breaker payments>ledger in payments-1: open"
    assert told[0].detail == "failures 5"


def test_of_too_many_events_the_gravest_stay_and_the_rest_is_counted() -> None:
    noise = [event(i / 100, "service", "sweeper", (f"s{i}", "")) for i in range(300)]
    fault = event(9.0, "fault", "verified", ("kill", "ledger-1"))
    told = happenings([*noise, fault], 0, 10.0)
    assert len(told) == MOST_HAPPENINGS
    assert any(each.kind == "fault" for each in told)
    assert told[-1].what == f"{301 - MOST_HAPPENINGS + 1} more events"
