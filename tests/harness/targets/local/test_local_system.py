"""A whole system as real processes: every fault bites, is counted, and goes again."""

from __future__ import annotations

import os
import signal
import socket
import struct
from collections.abc import Iterator

import pytest

from harness.errors import FaultError, TargetError, UnknownResourceError
from harness.safety.identity import is_alive, process_state
from harness.safety.undo import pending
from harness.targets.base import EdgeFault
from tests.support.target_system import UpSystem, ask, system_up
from tests.support.target_waiting import until

pytestmark = pytest.mark.end_to_end
LONG_S = 60.0


@pytest.fixture(scope="module")
def whole() -> Iterator[UpSystem]:
    with system_up(SQUALL_DEFECT="none-such", UNRELATED="secret") as up:
        yield up


@pytest.fixture
def up(whole: UpSystem) -> Iterator[UpSystem]:
    whole.settle()
    yield whole
    for instance in whole.target.instances():
        whole.target.revive(instance.name)
    for edge in whole.target.edges():
        whole.target.clear_edge(edge.name)


def test_everything_is_ready_in_the_order_of_the_file(up: UpSystem) -> None:
    found = up.target.instances()
    assert [i.name for i in found] == ["db", "back-1", "back-2", "front"]
    assert {i.state for i in found} == {"ready"}
    assert all(is_alive(i.pid, i.started_ticks) for i in found)
    assert [e.name for e in up.target.edges()] == ["payer>front", "front>back", "back>db"]
    assert up.supervisor.entry == f"http://{up.edge('payer>front').address}"


def test_both_replicas_are_behind_an_edge(up: UpSystem) -> None:
    address = up.edge("front>back").address
    until(lambda: ask(address).json()["instance"] == "back-1")
    until(lambda: ask(address).json()["instance"] == "back-2")


def test_children_get_their_own_environment_and_nothing_else(up: UpSystem) -> None:
    env = ask(up.instance("back-1").address, "GET", "/").json()["env"]
    assert env["DB"] == f"postgresql://app@{up.edge('back>db').address}/one"
    assert env["SQUALL_DEFECT"] == "none-such"
    assert len(env["PGPASSWORD"]) == 32
    assert "UNRELATED" not in env


def test_every_child_stands_in_the_undo_log(up: UpSystem) -> None:
    parts = (*up.target.instances(), *up.target.parts())
    noted = {(r.pid, r.started_ticks) for r in pending(up.state.undo) if r.kind == "process"}
    assert {(p.pid, p.started_ticks) for p in parts} < noted
    assert up.supervisor.pid in {pid for pid, _ in noted}


def test_a_kill_costs_few_requests_and_holds_until_revived(up: UpSystem) -> None:
    address = up.edge("front>back").address
    before = up.target.kill("back-1", LONG_S)
    assert not is_alive(before.pid, before.started_ticks)
    now = up.instance("back-1")
    assert (now.state, now.pid, now.leased) == ("down", 0, True)
    replies = [ask(address) for _ in range(60)]
    assert sum(reply.status != 201 for reply in replies) <= 3
    assert {r.json()["instance"] for r in replies if r.status == 201} == {"back-2"}
    assert up.target.revive("back-1").state == "starting"
    again = up.until("back-1", "ready")
    assert (again.pid != before.pid, again.leased) == (True, False)


def test_an_unexpected_death_is_told_and_mended(up: UpSystem) -> None:
    old = up.instance("front")
    os.kill(old.pid, signal.SIGKILL)
    until(lambda: up.instance("front").pid not in (0, old.pid))
    up.until("front", "ready")
    told = [(e.data["state"], e.data["pid"]) for e in up.events("instance", "front")]
    assert ("down", old.pid) in told


def test_a_lease_that_ends_revives_and_tells(up: UpSystem) -> None:
    before = up.target.kill("back-2", 0.3)
    up.target.renew("back-2", 0.5)
    again = up.until("back-2", "ready")
    assert again.pid != before.pid
    assert len(up.events("lease_expired", "back-2")) == 1
    with pytest.raises(TargetError, match="back-2 has no fault"):
        up.target.renew("back-2", 1)


def test_a_lease_shorter_than_the_kill_itself_still_ends_in_a_revival(up: UpSystem) -> None:
    before = up.target.kill("back-1", 0.001)
    until(lambda: up.instance("back-1").pid not in (0, before.pid))
    assert up.until("back-1", "ready").pid != before.pid


def test_a_pause_freezes_and_a_resume_wakes(up: UpSystem) -> None:
    paused = up.target.pause("back-1", LONG_S)
    assert (paused.state, paused.leased) == ("paused", True)
    assert process_state(paused.pid, paused.started_ticks) == "T"
    up.target.resume("back-1")
    assert up.until("back-1", "ready").pid == paused.pid


def test_a_paused_one_wakes_when_nobody_renews(up: UpSystem) -> None:
    paused = up.target.pause("front", 0.2)
    assert up.until("front", "ready").pid == paused.pid
    assert up.events("lease_expired", "front")


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
    assert {count.slot for count in edge.counts} == {"errors", "latency"}
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
    up.target.fault_edge("back>db", EdgeFault(kind="slicer", average_bytes=8), LONG_S)
    assert [f.name for f in up.edge("back>db").faults] == ["latency", "b", "slicer"]
    until(lambda: len(up.edge("back>db").faults) == 2)
    assert [e.data["slot"] for e in up.events("lease_expired", "back>db")] == ["b"]
    assert _database_speaks(edge.address)
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


def test_a_fault_survives_an_envoy_that_dies_and_so_do_its_counters(up: UpSystem) -> None:
    address = up.edge("front>back").address
    up.target.fault_edge("front>back", EdgeFault(kind="errors", status=555), LONG_S)
    assert ask(address).status == 555
    before = up.edge("front>back")
    envoy = next(p for p in up.target.parts() if p.name == "mesh")
    os.kill(envoy.pid, signal.SIGKILL)
    until(lambda: [p.state for p in up.target.parts() if p.name == "mesh"] == ["ready"])
    until(lambda: next(p.pid for p in up.target.parts() if p.name == "mesh") != envoy.pid)
    up_again = until(lambda: _answers(address))
    assert up_again < 20
    assert ask(address).status == 555
    assert up.edge("front>back").hits > before.hits


def test_the_database_comes_back_after_kill_9_and_after_a_pause(up: UpSystem) -> None:
    address = up.edge("back>db").address
    assert _database_speaks(address)
    before = up.target.kill("db", LONG_S)
    assert not _database_speaks(address)
    up.target.revive("db")
    assert up.until("db", "ready").pid != before.pid
    assert _database_speaks(address)
    up.target.pause("db", LONG_S)
    assert not _database_speaks(address)
    up.target.resume("db")
    up.until("db", "ready")
    until(lambda: _database_speaks(address))


def test_a_tcp_edge_is_cut_counted_and_mended(up: UpSystem) -> None:
    edge = up.edge("back>db")
    up.target.fault_edge("back>db", EdgeFault(kind="blackhole"), LONG_S)
    assert not _database_speaks(edge.address)
    up.target.renew("back>db", LONG_S)
    assert up.edge("back>db").hits > edge.hits
    assert up.target.clear_edge("back>db").fault is None
    assert _database_speaks(edge.address)


def test_a_tcp_proxy_that_dies_gets_its_fault_back_with_the_next_renewal(up: UpSystem) -> None:
    up.target.fault_edge("back>db", EdgeFault(kind="refuse"), LONG_S)
    proxy = next(p for p in up.target.parts() if p.name == "tcp-proxy")
    os.kill(proxy.pid, signal.SIGKILL)
    until(lambda: _renewed(up, "back>db"))
    fault = up.edge("back>db").fault
    assert fault is not None
    assert fault.kind == "refuse"


def test_a_listed_event_of_a_log_stands_in_the_timeline(up: UpSystem) -> None:
    ask(up.instance("back-2").address, "GET", "/event")
    until(lambda: up.events("breaker", "front>back"))
    event = up.events("breaker", "front>back")[0]
    assert (event.source, event.target) == ("service", "back-2")
    assert event.data == {"before": "closed", "after": "open"}


def test_names_what_is_unknown_and_what_cannot_be(up: UpSystem) -> None:
    with pytest.raises(UnknownResourceError, match="did you mean `back-1`"):
        up.target.kill("bakc-1", 1)
    with pytest.raises(UnknownResourceError, match="no instance 'front>back'"):
        up.target.kill("front>back", 1)
    with pytest.raises(UnknownResourceError, match="no edge 'front'"):
        up.target.clear_edge("front")
    with pytest.raises(FaultError, match="cannot do 'reset'"):
        up.target.fault_edge("front>back", EdgeFault(kind="reset"), 1)
    with pytest.raises(FaultError, match="lease_s: 0"):
        up.target.pause("front", 0)
    assert {i.state for i in up.target.instances()} == {"ready"}


def test_undoing_twice_or_for_nothing_is_harmless(up: UpSystem) -> None:
    before = up.instance("front")
    for _ in range(2):
        up.target.revive("front")
        up.target.resume("front")
        up.target.clear_edge("payer>front")
    assert up.instance("front") == before


def _answers(address: str) -> bool:
    try:
        return ask(address).status == 555
    except OSError:
        return False


def _renewed(up: UpSystem, edge: str) -> bool:
    try:
        up.target.renew(edge, LONG_S)
    except TargetError:
        return False
    return True


def _database_speaks(address: str) -> bool:
    """Whether PostgreSQL asks for a password within a second, as scram."""
    host, _, port = address.partition(":")
    fields = b"user\0app\0database\0one\0\0"
    try:
        with socket.create_connection((host, int(port)), timeout=1) as line:
            line.sendall(struct.pack("!ii", len(fields) + 8, 196608) + fields)
            return b"SCRAM-SHA-256" in line.recv(1024)
    except OSError:
        return False
