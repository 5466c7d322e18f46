"""Faults on the reference system in a cluster: proven, undone, and gone when the harness dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from harness.clock import SystemClock
from harness.errors import FaultError
from harness.faults.base import Fault
from harness.faults.crash import Crash
from harness.faults.drain import Drain
from harness.faults.driver import Driver
from harness.faults.kill import Kill
from harness.faults.latency import Latency
from harness.faults.pause import Pause
from harness.faults.scale import Scale
from harness.run.heal import heal
from harness.safety.undo import UndoLog
from harness.targets.kubernetes.pauses import look_at_pod
from harness.timeline import NoTimeline
from tests.support.dying_harness import inject_and_die
from tests.support.payments_cluster import Payments, payments_system
from tests.support.small_cluster import until


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Payments]:
    with payments_system(tmp_path_factory.mktemp("payments")) as found:
        yield found


@pytest.fixture(autouse=True)
def whole(up: Payments) -> Iterator[None]:
    """Each test finds and leaves all instances ready."""
    yield
    target = up.target()
    assert until(lambda: {i.state for i in target.instances()} == {"ready"}, 60)


def instance(up: Payments, service: str) -> str:
    found = (i for i in up.target().instances() if i.service == service and i.state == "ready")
    return next(i.name for i in found)


def made(up: Payments, word: str) -> Fault:
    makers: dict[str, Callable[[], Fault]] = {
        "kill": lambda: Kill(instance=instance(up, "ledger")),
        "kill of the database": lambda: Kill(instance=instance(up, "postgres")),
        "crash": lambda: Crash(instance=instance(up, "ledger")),
        "pause": lambda: Pause(instance=instance(up, "payments")),
        "scale down": lambda: Scale(service="ledger", replicas=1),
        "scale up": lambda: Scale(service="ledger", replicas=3),
        "drain": lambda: Drain(instance=instance(up, "ledger")),
    }
    return makers[word]()


@pytest.mark.parametrize(
    "word",
    ["kill", "kill of the database", "crash", "pause", "scale down", "scale up", "drain"],
)
def test_a_fault_is_proven_by_its_effect_and_then_undone(up: Payments, word: str) -> None:
    if word == "drain":
        needs_second_node(up)
    log = UndoLog(up.state.undo)
    driver = Driver(up.target(), log, NoTimeline(), SystemClock())
    held = driver.inject(made(up, word))
    assert held.fault.held(driver._target, held.before).proven
    assert driver.undo_all() == ()
    assert log.pending() == ()
    nodes = up.kubectl("get", "nodes", "-o", "jsonpath={.items[*].spec.unschedulable}")
    assert nodes.strip() == ""


@pytest.mark.parametrize(("word", "lease_s"), [("errors", 2), ("pause", 2), ("scale", 8)])
def test_a_fault_of_a_killed_harness_is_gone_after_its_lease(
    up: Payments, word: str, lease_s: float
) -> None:
    pod = instance(up, "payments")
    inject_and_die(up, word, pod)
    gone: dict[str, Callable[[], bool]] = {
        "errors": lambda: all(not edge.faults for edge in up.target().edges()),
        "pause": lambda: look_at_pod(up.cluster, pod) == "running",
        "scale": lambda: replicas(up) == "2",
    }
    assert until(gone[word], lease_s + 7)
    report = heal(up.state, None, NoTimeline())
    assert report.cleared, report.failures


def needs_second_node(up: Payments) -> None:
    """A drain of the only node cannot end: the disruption budgets keep one pod of each service."""
    if len(up.kubectl("get", "nodes", "-o", "name").split()) == 1:
        pytest.skip("a drain needs a second node")


def replicas(up: Payments) -> str:
    return up.kubectl("get", "deployment", "ledger", "-o", "jsonpath={.spec.replicas}")


def test_heal_undoes_what_the_cleaner_cannot_and_says_what_it_did(up: Payments) -> None:
    needs_second_node(up)
    log = UndoLog(up.state.undo)
    driver = Driver(up.target(), log, NoTimeline(), SystemClock())
    held = driver.inject(Drain(instance=instance(up, "ledger")))
    held.watch.stop()
    held.lease.stop()
    (healed,) = heal(up.state, None, NoTimeline()).records
    assert (healed.kind, healed.undone) == ("uncordon", True)
    assert "closed False" in healed.how


def test_a_service_that_another_fault_has_scaled_is_left_alone(up: Payments) -> None:
    target = up.target()
    target.scale("ledger", 3, 2.0)
    with pytest.raises(FaultError, match="changed by another fault"):
        up.target().scale("ledger", 1, 2.0)
    target.unscale("ledger")
    assert replicas(up) == "2"


def test_the_fault_of_an_edge_is_set_on_every_pod_and_counted_over_all(up: Payments) -> None:
    target = up.target()
    fault = Latency(edge="payments>bank", latency_ms=100, percent=50)
    edge = target.fault_edge("payments>bank", fault.asked, 2.0)
    assert edge.faults == (fault.asked,)
    assert target.clear_edge("payments>bank").faults == ()
