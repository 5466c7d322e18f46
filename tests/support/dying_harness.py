"""Faults that are injected by a process that kills itself, and what is left of them later."""

from __future__ import annotations

import signal
import subprocess
import sys

from harness.errors import HarnessError
from harness.targets.kubernetes.marks import OWNER
from harness.targets.kubernetes.pauses import look_at_pod
from tests.support.payments_cluster import ROOT, Payments
from tests.support.small_cluster import until

DIES = """
import os, signal, sys
from pathlib import Path
from harness.clock import SystemClock
from harness.faults.cut import Cut
from harness.faults.drain import Drain
from harness.faults.driver import Driver
from harness.faults.pause import Pause
from harness.faults.scale import Scale
from harness.safety.state import State
from harness.safety.undo import UndoLog
from harness.targets.kubernetes.target import KubernetesTarget
from harness.targets.records import EdgeFault
from harness.timeline import NoTimeline
state = State(root=Path(sys.argv[1]))
target = KubernetesTarget.attach(state)
driver = Driver(target, UndoLog(state.undo), NoTimeline(), SystemClock())
made = {"pause": lambda: Pause(instance=sys.argv[3]),
        "scale": lambda: Scale(service="ledger", replicas=1),
        "cut": lambda: Cut(edge="payments>ledger"),
        "drain": lambda: Drain(instance=sys.argv[4])}
for word in sys.argv[2].split(","):
    if word == "errors":  # its proof needs requests; the keepers hold it for its lease
        target.fault_edge("payments>bank", EdgeFault(kind="errors"), 2.0)
    else:
        driver.inject(made[word]())
print("injected", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def await_ready(up: Payments) -> None:
    """All instances are ready within 90 s."""
    assert until(lambda: {i.state for i in up.target().instances()} == {"ready"}, 90)


def inject_and_die(up: Payments, words: str, *pods: str) -> None:
    """Inject the faults of these words, with commas between them, and end by SIGKILL.

    `pods`: the one to pause, and the one whose node is drained.
    """
    up.target()
    argv = (sys.executable, "-c", DIES, str(up.state.root), words, *pods)
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout, done.returncode) == ("injected\n", -signal.SIGKILL), done.stderr


def left(up: Payments) -> list[str]:
    """What is still there of a fault, by kubectl, the keepers and the kernel."""
    kinds = "deployments,statefulsets,networkpolicies,nodes"
    found = up.kubectl("get", kinds, "-l", OWNER, "-o", "name").split()
    closed = up.kubectl("get", "nodes", "-o", "jsonpath={.items[*].spec.unschedulable}")
    found += ["a closed node"] if closed.strip() else []
    found += [f"{edge.name} {fault.kind}" for edge in up.target().edges() for fault in edge.faults]
    return found + [f"{pod} is paused" for pod in running(up) if is_paused(up, pod)]


def running(up: Payments) -> list[str]:
    """The payments pods whose container runs: one that waits to be started is not paused."""
    name = "app.kubernetes.io/name=payments"
    state = '{.status.containerStatuses[?(@.name=="payments")].state.running.startedAt}'
    shown = "jsonpath={range .items[*]}{.metadata.name} " + state + '{"\\n"}{end}'
    lines = up.kubectl("get", "pods", "-l", name, "-o", shown).splitlines()
    return [pod for pod, started in (line.split(" ") for line in lines if line) if started]


def is_paused(up: Payments, pod: str) -> bool:
    return look_at_pod(up.cluster, pod) == "paused"


def nothing_left(up: Payments) -> bool:
    """Whether nothing of any fault is there."""
    try:
        return left(up) == []
    except HarnessError:  # a keeper that is being replaced does not answer
        return False
