"""Faults and detection are read from the timeline alone."""

from __future__ import annotations

from harness.timeline import Event
from reports.measures.detection import detected_s
from reports.measures.phases import breaker_open_s, fault_lives, fault_window
from reports.measures.struck import Struck


def event(at_s: float, source: str, kind: str, target: str, **data: str) -> Event:
    ns = round(at_s * 1e9)
    return Event(
        mono_ns=ns, wall_ns=ns, source=source, kind=kind, name="x", target=target, data={**data}
    )


def life(target: str, begin_s: float, fault_id: str) -> list[Event]:
    stages = ("asked", "injected", "verified", "undone", "verified_undone")
    return [
        event(begin_s + i, "fault", stage, target, fault_id=fault_id)
        for i, stage in enumerate(stages)
    ]


def test_the_same_fault_twice_has_two_lives() -> None:
    lives = fault_lives(life("ledger-1", 10, "a") + life("ledger-1", 20, "b"), 0)
    assert [(one.at_s["asked"], one.missing) for one in lives] == [(10, ()), (20, ())]


def test_the_window_goes_from_the_first_proof_to_the_last_end() -> None:
    both = sorted(life("a", 10, "a") + life("b", 12, "b"), key=lambda e: e.mono_ns)
    window = fault_window(fault_lives(both, 0))
    assert window is not None
    assert (window.begin_s, window.end_s) == (12, 16)


def test_without_every_proof_there_is_no_window() -> None:
    half = life("a", 10, "a") + life("b", 12, "b")[:3]
    assert fault_window(fault_lives(half, 0)) is None


def struck_by(events: list[Event]) -> Struck:
    return Struck(lives=fault_lives(events, 0), services=("ledger", "ledger-archive", "payments"))


def test_only_the_system_itself_detects() -> None:
    struck = life("ledger-1", 10, "a")
    seen = [
        event(9.9, "service", "breaker", "payments-1", after="open"),
        event(12.1, "target", "instance", "ledger-1", state="down"),
        event(12.5, "service", "breaker", "payments-1", after="half_open"),
        event(12.7, "target", "instance", "payments-2", state="unready"),
    ]
    lives = struck_by(struck)
    assert detected_s(seen, lives, 0, 60.0) == 12.7
    assert detected_s(seen[:3], lives, 0, 60.0) is None
    assert detected_s(seen, lives, 0, 12.6) is None, "the system was being stopped by then"


def test_what_a_fault_on_a_whole_service_takes_down_is_no_detection() -> None:
    struck = struck_by(life("ledger", 10, "a"))
    own = event(12.1, "target", "instance", "ledger-2", state="down")
    other = event(12.2, "target", "instance", "ledger-archive-1", state="down")
    assert detected_s([own], struck, 0, 60.0) is None
    assert detected_s([own, other], struck, 0, 60.0) == 12.2
    one = struck_by(life("ledger-1", 10, "a"))
    assert detected_s([own], one, 0, 60.0) == 12.1, "the fault is on another instance"


def test_who_notices_before_the_fault_is_proven_noticed_at_once() -> None:
    lives = struck_by(life("ledger-1", 10, "a"))
    assert detected_s([event(11, "service", "breaker", "p", after="open")], lives, 0, 60) == 12


def test_a_proxy_that_finds_the_struck_instance_unable_has_noticed() -> None:
    lives = struck_by(life("ledger-1", 10, "a"))
    seen = [
        event(12.2, "service", "health", "ledger-1", state="healthy"),
        event(12.4, "service", "health", "ledger-1", state="unhealthy"),
    ]
    assert detected_s(seen, lives, 0, 60) == 12.4


def test_a_breakers_open_time_is_the_shortest_that_was_seen() -> None:
    seen = [
        event(1, "service", "breaker", "p", after="open"),
        event(4, "service", "breaker", "p", after="half_open"),
        event(5, "service", "breaker", "p", after="open"),
        event(7, "service", "breaker", "p", after="half_open"),
    ]
    assert breaker_open_s(seen) == 2
    assert breaker_open_s([]) == 0
