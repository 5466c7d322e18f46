"""A whole local system: the faults of its edges, felt, counted and undone; real processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.errors import FaultError, TargetError
from harness.targets.records import EdgeFault
from tests.support.target_system import UpSystem, ask, database_speaks, system_up
from tests.support.target_waiting import until

pytestmark = pytest.mark.end_to_end
LONG_S = 60.0


@pytest.fixture(scope="module")
def whole() -> Iterator[UpSystem]:
    with system_up() as up:
        yield up


@pytest.fixture
def up(whole: UpSystem) -> Iterator[UpSystem]:
    whole.settle()
    yield whole
    for edge in whole.target.edges():
        whole.target.clear_edge(edge.name)


@pytest.mark.alone
def test_latency_is_felt_and_counted(up: UpSystem) -> None:
    before = up.edge("payer>front")
    fault = EdgeFault(kind="latency", latency_ms=200)
    assert up.target.fault_edge("payer>front", fault, LONG_S).fault == fault
    assert ask(before.address).took_s > 0.190
    now = up.edge("payer>front")
    assert (now.requests - before.requests, now.hits - before.hits) == (1, 1)
    assert up.target.clear_edge("payer>front").fault is None
    assert min(ask(before.address).took_s for _ in range(5)) < 0.190
    assert up.edge("payer>front").hits == now.hits


def test_a_fault_counts_from_its_own_start(up: UpSystem) -> None:
    """Neither earlier requests of its edge nor the hits of another slot are its own."""
    edge = up.edge("payer>front")
    for slot in ("first", "second"):
        for _ in range(3):
            ask(edge.address)
        up.target.fault_edge("payer>front", EdgeFault(kind="errors", slot=slot), LONG_S)
        count = up.edge("payer>front").count_of(slot)
        assert (count.exposed, count.hits) == (0, 0)
        ask(edge.address)
        count = up.edge("payer>front").count_of(slot)
        assert (count.exposed, count.hits) == (1, 1)
        up.target.clear_edge("payer>front")


def test_errors_never_reach_the_service(up: UpSystem) -> None:
    edge = up.edge("payer>front")
    posts = ask(edge.address).json()["posts"]
    up.target.fault_edge("payer>front", EdgeFault(kind="errors", status=502), LONG_S)
    reply = ask(edge.address)
    assert (reply.status, "Not-Processed" in reply.headers) == (502, False)
    assert up.target.clear_edge("payer>front").hits == edge.hits + 1
    assert ask(edge.address).json()["posts"] == posts + 1


def test_a_lost_answer_was_processed_and_nothing_of_it_comes_back(up: UpSystem) -> None:
    edge = up.edge("payer>front")
    first = ask(edge.address)
    up.target.fault_edge("payer>front", EdgeFault(kind="lost_answers"), LONG_S)
    reply = ask(edge.address)
    assert (reply.status, reply.body) == (504, b"")
    assert "x-secret" in {name.lower() for name in first.headers}
    assert "x-secret" not in {name.lower() for name in reply.headers}
    assert up.target.clear_edge("payer>front").hits == edge.hits + 1
    assert ask(edge.address).json()["posts"] == first.json()["posts"] + 2


def test_a_share_of_the_requests_only(up: UpSystem) -> None:
    edge = up.edge("payer>front")
    up.target.fault_edge("payer>front", EdgeFault(kind="errors", percent=50), LONG_S)
    failed = sum(ask(edge.address).status == 503 for _ in range(100))
    assert 20 < failed < 80  # six standard deviations
    assert up.edge("payer>front").hits - edge.hits == failed


def test_a_fault_replaces_the_one_in_its_slot(up: UpSystem) -> None:
    address = up.edge("payer>front").address
    up.target.fault_edge("payer>front", EdgeFault(kind="errors", status=502), LONG_S)
    up.target.fault_edge("payer>front", EdgeFault(kind="errors", status=504), LONG_S)
    assert ask(address).status == 504
    assert len(up.edge("payer>front").faults) == 1


def test_an_http_edge_can_be_late_and_wrong_at_once_and_each_is_undone_alone(up: UpSystem) -> None:
    address = up.edge("payer>front").address
    up.target.fault_edge("payer>front", EdgeFault(kind="errors", status=502), LONG_S)
    up.target.fault_edge("payer>front", EdgeFault(kind="latency", latency_ms=200), LONG_S)
    reply = ask(address)
    assert reply.status == 502
    assert reply.took_s > 0.190
    edge = up.edge("payer>front")
    assert [fault.kind for fault in edge.faults] == ["errors", "latency"]
    assert {count.slot for count in edge.counts} >= {"errors", "latency"}
    up.target.clear_edge("payer>front#errors")
    assert (reply := ask(address)).status == 201
    assert reply.took_s > 0.190
    up.target.renew("payer>front#latency", LONG_S)
    with pytest.raises(TargetError, match="no fault"):
        up.target.renew("payer>front#errors", LONG_S)
    second = EdgeFault(kind="latency", slot="more", latency_ms=50)
    with pytest.raises(FaultError, match="has a latency fault already"):
        up.target.fault_edge("payer>front", second, LONG_S)


def test_a_tcp_edge_bears_several_faults_each_with_its_own_lease(up: UpSystem) -> None:
    edge = up.edge("back>db")
    up.target.fault_edge("back>db", EdgeFault(kind="latency", latency_ms=30), LONG_S)
    up.target.fault_edge("back>db", EdgeFault(kind="latency", slot="b", latency_ms=30), 0.2)
    up.target.fault_edge("back>db", EdgeFault(kind="slicer", average_bytes=1000), LONG_S)
    assert [f.name for f in up.edge("back>db").faults] == ["latency", "b", "slicer"]
    until(lambda: len(up.edge("back>db").faults) == 2)
    assert [e.data["slot"] for e in up.events("lease_expired", "back>db")] == ["b"]
    assert database_speaks(edge.address)
    counts = {count.slot: count.hits for count in up.edge("back>db").counts}
    assert min(counts["latency"], counts["slicer"]) > 0
    up.target.clear_edge("back>db#latency")
    assert [f.name for f in up.edge("back>db").faults] == ["slicer"]
    assert up.target.clear_edge("back>db").faults == ()


def test_an_edge_fault_goes_when_nobody_renews(up: UpSystem) -> None:
    address = up.edge("front>back").address
    up.target.fault_edge("front>back", EdgeFault(kind="errors", status=599), 0.2)
    assert ask(address).status == 599
    until(lambda: up.edge("front>back").fault is None)
    assert ask(address).status == 201
    assert up.events("lease_expired", "front>back")


def test_a_tcp_edge_is_cut_counted_and_mended(up: UpSystem) -> None:
    edge = up.edge("back>db")
    up.target.fault_edge("back>db", EdgeFault(kind="blackhole"), LONG_S)
    assert not database_speaks(edge.address)
    up.target.renew("back>db", LONG_S)
    assert up.edge("back>db").hits > edge.hits
    assert up.target.clear_edge("back>db").fault is None
    assert database_speaks(edge.address)
