"""Breakers that open without a fault, and the calls that pass a half-open one."""

from __future__ import annotations

from harness.timeline import Event, Scalar
from reports.measures.breakers import half_open_calls_max, opened_by_itself
from reports.measures.phases import fault_lives

END_S = 60.0


def told(at_s: float, source: str, kind: str, name: str, **data: Scalar) -> Event:
    ns = round(at_s * 1e9)
    return Event(
        mono_ns=ns, wall_ns=ns, source=source, kind=kind, name=name, target="x-1", data=data
    )


def move(at_s: float, before: str, after: str, **data: Scalar) -> Event:
    return told(at_s, "service", "breaker", "a>b", before=before, after=after, **data)


def openings(*events: Event) -> int:
    return opened_by_itself(events, fault_lives(events, 0), 0, END_S)


def test_in_a_run_without_a_fault_every_opening_counts() -> None:
    again = (move(3, "open", "half-open"), move(4, "half-open", "open"))
    assert openings(move(2, "closed", "open"), *again) == 2
    assert openings(move(4, "half_open", "closed")) == 0


def test_what_opens_after_a_fault_was_asked_for_is_not_counted() -> None:
    asked = told(10, "fault", "asked", "latency")
    assert openings(move(9, "closed", "open"), asked, move(11, "closed", "open")) == 1


def test_what_opens_before_the_run_or_after_its_load_is_not_counted() -> None:
    assert openings(move(-1, "closed", "open"), move(END_S + 1, "closed", "open")) == 0


def test_the_largest_crowd_of_probes_is_told() -> None:
    moves = [move(at_s, "half-open", "open", probes=n) for at_s, n in ((1, 1), (3, 7), (5, 2))]
    assert half_open_calls_max(moves, 0, END_S) == 7


def test_a_service_that_tells_no_probes_has_no_figure() -> None:
    assert half_open_calls_max([move(1, "half-open", "closed")], 0, END_S) is None
    assert half_open_calls_max([move(1, "closed", "open", probes=3)], 0, END_S) is None
