"""A whole system as real processes: every fault bites, is counted, and goes again."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from harness.errors import FaultError, TargetError, UnknownResourceError
from harness.safety.identity import is_alive, process_state
from harness.safety.undo import pending
from harness.targets.local.process_name import process_of
from harness.targets.records import EdgeFault
from tests.support.target_system import UpSystem, ask, database_speaks, system_up
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
    assert all(is_alive(*process_of(i.identity)) for i in found)
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
    assert {process_of(p.identity) for p in parts} < noted
    assert up.supervisor.pid in {pid for pid, _ in noted}


def test_a_rolling_restart_replaces_each_instance_and_leaves_one_ready(up: UpSystem) -> None:
    before = {i.name: i.identity for i in up.target.instances() if i.service == "back"}
    up.target.roll_out("back")
    least = len(before)

    def is_over() -> bool:
        nonlocal least
        now = [i for i in up.target.instances() if i.service == "back"]
        least = min(least, sum(i.state == "ready" for i in now))
        return all(i.identity not in ("", before[i.name]) and i.state == "ready" for i in now)

    until(is_over)
    assert least == 1
    up.target.renew("back#rollout", LONG_S)
    with pytest.raises(UnknownResourceError, match="no instance of a service 'nobody'"):
        up.target.roll_out("nobody")


def test_a_kill_costs_few_requests_and_holds_until_revived(up: UpSystem) -> None:
    address = up.edge("front>back").address
    before = up.target.kill("back-1", LONG_S)
    assert not is_alive(*process_of(before.identity))
    now = up.instance("back-1")
    assert (now.state, now.identity, now.leased) == ("down", "", True)
    replies = [ask(address) for _ in range(60)]
    assert sum(reply.status != 201 for reply in replies) <= 3
    assert {r.json()["instance"] for r in replies if r.status == 201} == {"back-2"}
    assert up.target.revive("back-1").state == "starting"
    again = up.until("back-1", "ready")
    assert (again.identity != before.identity, again.leased) == (True, False)


def test_an_unexpected_death_is_told_and_mended(up: UpSystem) -> None:
    old = up.instance("front")
    os.kill(process_of(old.identity).pid, signal.SIGKILL)
    until(lambda: up.instance("front").identity not in ("", old.identity))
    up.until("front", "ready")
    told = [(e.data["state"], e.data["pid"]) for e in up.events("instance", "front")]
    assert ("down", process_of(old.identity).pid) in told


def test_a_lease_that_ends_revives_and_tells(up: UpSystem) -> None:
    before = up.target.kill("back-2", 0.3)
    up.target.renew("back-2", 0.5)
    again = up.until("back-2", "ready")
    assert again.identity != before.identity
    assert len(up.events("lease_expired", "back-2")) == 1
    with pytest.raises(TargetError, match="back-2 has no fault"):
        up.target.renew("back-2", 1)


def test_a_lease_shorter_than_the_kill_itself_still_ends_in_a_revival(up: UpSystem) -> None:
    before = up.target.kill("back-1", 0.001)
    until(lambda: up.instance("back-1").identity not in ("", before.identity))
    assert up.until("back-1", "ready").identity != before.identity


def test_a_pause_freezes_and_a_resume_wakes(up: UpSystem) -> None:
    paused = up.target.pause("back-1", LONG_S)
    assert (paused.state, paused.leased) == ("paused", True)
    assert process_state(*process_of(paused.identity)) == "T"
    up.target.resume("back-1")
    assert up.until("back-1", "ready").identity == paused.identity


def test_a_paused_one_wakes_when_nobody_renews(up: UpSystem) -> None:
    paused = up.target.pause("front", 0.2)
    assert up.until("front", "ready").identity == paused.identity
    assert up.events("lease_expired", "front")


def test_other_variables_come_with_a_restart_and_go_with_their_lease(up: UpSystem) -> None:
    before = up.instance("back-1")
    up.target.configure("back-1", ({"COLOUR": "red"},), LONG_S)
    until(lambda: up.instance("back-1").variables == {"COLOUR": "red"})
    now = up.until("back-1", "ready")
    assert ask(now.address, "GET", "/").json()["env"]["COLOUR"] == "red"
    assert (up.target.variables(now.identity) or {})["COLOUR"] == "red"
    assert (now.identity != before.identity, now.leased, now.deaths) == (True, True, before.deaths)
    assert not up.target.undone("restore", {"resource": "back-1"}).holds
    up.target.renew("back-1", 0.2)
    until(lambda: up.instance("back-1").identity not in ("", now.identity))
    again = up.until("back-1", "ready")
    assert "COLOUR" not in ask(again.address, "GET", "/").json()["env"]
    assert up.target.undone("restore", {"resource": "back-1"}).holds
    up.target.undo("restore", {"resource": "back-1"})
    assert up.instance("back-1").identity == again.identity
    with pytest.raises(FaultError, match="'1A' is not a variable"):
        up.target.configure("back-1", ({"1A": "x"},), LONG_S)


def test_a_fault_survives_an_envoy_that_dies_and_so_do_its_counters(up: UpSystem) -> None:
    address = up.edge("front>back").address
    up.target.fault_edge("front>back", EdgeFault(kind="errors", status=555), LONG_S)
    assert ask(address).status == 555
    before = up.edge("front>back")
    envoy = next(p for p in up.target.parts() if p.name == "mesh")
    os.kill(process_of(envoy.identity).pid, signal.SIGKILL)
    until(lambda: [p.state for p in up.target.parts() if p.name == "mesh"] == ["ready"])
    until(lambda: next(p.identity for p in up.target.parts() if p.name == "mesh") != envoy.identity)
    up_again = until(lambda: _answers(address))
    assert up_again < 20
    assert ask(address).status == 555
    assert up.edge("front>back").hits > before.hits


def test_the_database_comes_back_after_kill_9_and_after_a_pause(up: UpSystem) -> None:
    address = up.edge("back>db").address
    assert database_speaks(address)
    before = up.target.kill("db", LONG_S)
    assert not database_speaks(address)
    up.target.revive("db")
    assert up.until("db", "ready").identity != before.identity
    assert database_speaks(address)
    up.target.pause("db", LONG_S)
    assert not database_speaks(address)
    up.target.resume("db")
    up.until("db", "ready")
    until(lambda: database_speaks(address))


def test_a_tcp_proxy_that_dies_gets_its_fault_back_with_the_next_renewal(up: UpSystem) -> None:
    up.target.fault_edge("back>db", EdgeFault(kind="refuse"), LONG_S)
    proxy = next(p for p in up.target.parts() if p.name == "tcp-proxy")
    os.kill(process_of(proxy.identity).pid, signal.SIGKILL)
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
