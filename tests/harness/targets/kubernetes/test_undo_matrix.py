"""Nothing of a fault is left when its harness dies and its target is struck by something else.

Each fault is injected by a process that kills itself; then its pod is deleted or crashes again and
again, the API server is away, or (test_deleted_namespace.py) the namespace is being deleted. A
fault of a node is undone by `heal`, because no account of the namespace may change nodes, every
other one by its own lease. docs/kubernetes.md says what was not tried.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.clock import SystemClock
from harness.errors import HarnessError
from harness.run.heal import heal
from harness.targets.kubernetes.pauses import kill_container
from harness.timeline import NoTimeline
from tests.support.dying_harness import await_ready, inject_and_die, left, nothing_left
from tests.support.payments_cluster import Payments, payments_system
from tests.support.small_cluster import until

# By fault: the service of the pod that is struck, and the lease with what the cleaner needs. What a
# drain has closed is opened by `heal` (test_faults_on_a_cluster.py): its own pod is evicted.
FAULTS = {"errors": ("payments", 9), "pause": ("payments", 9)}
FAULTS |= {"scale": ("ledger", 15), "cut": ("ledger", 20)}
API_AWAY_S = 10.0


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Payments]:
    with payments_system(tmp_path_factory.mktemp("payments")) as found:
        yield found


@pytest.fixture(autouse=True)
def whole(up: Payments) -> None:
    """Each test finds all instances ready."""
    await_ready(up)


def struck(up: Payments, fault: str) -> str:
    found = (i for i in up.target().instances() if i.service == FAULTS[fault][0])
    return next(i.name for i in found if i.state == "ready")


def strike(up: Payments, how: str, pod: str) -> None:
    if how == "deleted":
        up.kubectl("delete", "pod", pod, "--grace-period=0", "--force", "--wait=false")
        return
    assert until(lambda: crashes_again(up, pod), 60)


def crashes_again(up: Payments, pod: str) -> bool:
    """Kill its container, unless the kubelet already waits before it starts it again."""
    at = "jsonpath={.status.containerStatuses[*].state.waiting.reason}"
    if "CrashLoopBackOff" in up.kubectl("get", "pod", pod, "-o", at):
        return True
    try:
        kill_container(up.cluster, pod)
    except HarnessError:
        return False  # it has ended, and has not started again
    return False


@pytest.mark.parametrize("how", ["deleted", "crashes again and again"])
@pytest.mark.parametrize("fault", list(FAULTS))
def test_a_fault_is_gone_though_its_pod_is_struck_as_well(
    up: Payments, fault: str, how: str
) -> None:
    pod = struck(up, fault)
    inject_and_die(up, fault, pod)
    strike(up, how, pod if fault == "pause" else struck(up, fault))  # a scaled one may have gone
    assert until(lambda: nothing_left(up), FAULTS[fault][1]), left(up)
    report = heal(up.state, None, NoTimeline())
    assert report.cleared, report.failures


def test_faults_are_gone_after_the_api_server_was_away(up: Payments) -> None:
    servers = api_servers()
    if not servers:
        pytest.skip("the API server is no process of this machine")
    inject_and_die(up, "errors,pause,scale,cut", struck(up, "pause"))
    clock = SystemClock()
    for server in servers:
        os.kill(server, signal.SIGSTOP)
    try:
        clock.sleep(API_AWAY_S)
    finally:
        for server in servers:
            os.kill(server, signal.SIGCONT)
    assert until(lambda: nothing_left(up), 60), left(up)
    report = heal(up.state, None, NoTimeline())
    assert report.cleared, report.failures


def api_servers() -> list[int]:
    """The processes of this machine that are an API server."""
    found = []
    for comm in Path("/proc").glob("[0-9]*/comm"):
        try:
            name = comm.read_text().strip()
        except OSError:
            continue  # it has ended
        found += [int(comm.parent.name)] if name == "kube-apiserver" else []
    return found
