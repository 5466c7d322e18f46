"""Load workers in pods: every arrival once, a lost one told, all removed, also after a death."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from harness.errors import TargetError
from harness.load.generator import Generator
from harness.load.records import Outcome
from harness.load.traffic import read_schedule
from harness.run.load_workers import MASTER_PORT
from harness.store import RunFolder
from harness.targets.cluster_abilities import REMOVE_WORKERS, WorkersAsked
from harness.targets.kubernetes.load_workers import LoadWorkers
from harness.targets.kubernetes.target import KubernetesTarget
from tests.support.load_runs import READY_S, attempts_of, begin, folder_of, plan_of
from tests.support.payments_cluster import ROOT, why_no_image
from tests.support.small_cluster import Small, until

LOOKER = """
from curves import CURVE
from locust import FastHttpUser, task
from harness.load.locust.open_loop import OpenLoop

class Looker(OpenLoop, FastHttpUser):
    curve = CURVE

    @task
    def look(self):
        self.client.get("/health", name="look")
"""
CURVES = """
from harness.load.traffic import Steady
CURVE = Steady(per_s=40)
"""
LABEL = "squall.dev/load"
ENDED = ("get", "jobs", "-l", LABEL, "-o", "jsonpath={.items[*].status.conditions[*].reason}")
ORDERS = """
curve: {steady: {per_s: 40}}
create: {path: /health, body: {amount_minor: 1}, key_header: Idempotency-Key, done: [200]}
"""
KINDS = "jobs,networkpolicies,pods,configmaps"
# A harness that is killed while its workers run; its watchdog stays.
DIES = """
import os, signal, sys
from contextlib import ExitStack
from pathlib import Path
from harness.safety.state import State
from harness.safety.undo import Undo, UndoLog
from harness.safety.watchdog import Watchdog
from harness.targets.cluster_abilities import REMOVE_WORKERS, WorkersAsked
from harness.targets.kubernetes.target import KubernetesTarget
state = State(root=Path(sys.argv[1]))
Watchdog.start(state)
target = KubernetesTarget.attach(state)
data = {**target.undo_data(), "resource": "load"}
undo = Undo(target="kubernetes", action=REMOVE_WORKERS, resource="load", data=data)
UndoLog(state.undo).load_begins(undo)
target.run_workers(
    WorkersAsked(count=2, scenario=Path(sys.argv[2]), master=sys.argv[3], limit_s=120)
)
print("running", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module", autouse=True)
def _image(small: Small) -> None:
    del small  # it skips first where there is no cluster
    if why := why_no_image():
        pytest.skip(why)


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """A file of the user, which imports another one beside it: both are sent."""
    (tmp_path / "curves.py").write_text(CURVES)
    file = tmp_path / "looker.py"
    file.write_text(LOOKER)
    return file


@pytest.fixture
def target(small: Small) -> Iterator[KubernetesTarget]:
    """The target; after the test no worker is left."""
    found = small.target()
    yield found
    found.undo(REMOVE_WORKERS, {"resource": "load"})
    assert until(lambda: left(small) == [], 15)


def left(small: Small) -> list[str]:
    return small.kubectl("get", KINDS, "-l", LABEL, "-o", "name").split()


def master(small: Small) -> str:
    return f"{KubernetesTarget.master_host(small.system)}:{MASTER_PORT}"


def asked(small: Small, scenario: Path) -> WorkersAsked:
    return WorkersAsked(count=2, scenario=scenario, master=master(small), limit_s=120)


@contextmanager
def loaded(
    small: Small, target: KubernetesTarget, scenario: Path, folder: RunFolder, load_s: float
) -> Iterator[Generator]:
    """Two workers in pods, and their master here."""
    target.run_workers(asked(small, scenario))
    plan = msgspec.structs.replace(
        plan_of(folder, target.load_entry(), load_s, workers=2),
        scenario=str(scenario),
        workers_at=master(small),
    )
    with Generator.start(plan, folder) as generator:
        yield generator


def test_two_workers_in_pods_start_every_arrival_once(
    small: Small, target: KubernetesTarget, scenario: Path, tmp_path: Path
) -> None:
    folder = folder_of(tmp_path)
    with loaded(small, target, scenario, folder, 2) as generator:
        ready = generator.wait_ready(READY_S)
        begin(generator)
        done = generator.wait_done(20)
    scheduled, attempts = read_schedule(folder.schedule), attempts_of(folder)
    assert sorted(a.intent for a in attempts) == list(range(len(scheduled)))
    assert [d.died for d in done] == ["", ""]
    assert all(0 < r.clock_error_ms < 50 for r in ready)
    assert sum(r.arrivals for r in ready) == len(scheduled)


def test_workers_in_pods_carry_a_yaml_scenario(
    small: Small, target: KubernetesTarget, tmp_path: Path
) -> None:
    folder, file = folder_of(tmp_path), tmp_path / "orders.yaml"
    file.write_text(ORDERS)
    with loaded(small, target, file, folder, 1) as generator:
        generator.wait_ready(READY_S)
        begin(generator)
        done = generator.wait_done(20)
    attempts = attempts_of(folder)
    assert {a.intent for a in attempts} == set(range(len(read_schedule(folder.schedule))))
    assert {a.outcome for a in attempts} == {Outcome.OK}
    assert [d.died for d in done] == ["", ""]


def test_a_deleted_worker_is_told_with_each_of_its_arrivals(
    small: Small, target: KubernetesTarget, scenario: Path, tmp_path: Path
) -> None:
    folder = folder_of(tmp_path)
    with loaded(small, target, scenario, folder, 6) as generator:
        ready = generator.wait_ready(READY_S)
        begin(generator)
        assert until(lambda: len(attempts_of(folder)) > 80, 15)
        small.kubectl(
            "delete", "pod", "-l", "job-name=squall-load-0", "--grace-period=0", "--force"
        )
        done = generator.wait_done(30)
    (lost,) = [d for d in done if d.died]
    share = ready[lost.worker].arrivals
    recorded, not_recorded = lost.started, share - lost.started
    assert f"{recorded} of its {share} arrivals are recorded, {not_recorded} are not" in lost.died
    assert 0 < lost.started < share
    kept = {a.intent for a in attempts_of(folder)}
    (whole,) = [d for d in done if not d.died]
    assert len(kept) == lost.started + ready[whole.worker].arrivals


def test_a_worker_that_cannot_start_is_told_and_removed(
    small: Small, target: KubernetesTarget, scenario: Path
) -> None:
    place = msgspec.structs.replace(small.cluster.place, image="squall.local/nothing:1")
    broken = KubernetesTarget(type(small.cluster)(place, small.cluster.connection), small.state)
    with pytest.raises(TargetError, match=r"a load worker does not start: .*squall.local/nothing"):
        broken.run_workers(asked(small, scenario))
    assert left(small) != []
    target.undo(REMOVE_WORKERS, {"resource": "load"})
    assert until(lambda: LoadWorkers(small.cluster).removed().holds, 15)


def test_services_down_removes_the_workers(
    small: Small, target: KubernetesTarget, scenario: Path
) -> None:
    target.run_workers(asked(small, scenario))
    names = left(small)
    assert {name.partition("/")[0] for name in names} == {
        "job.batch",
        "networkpolicy.networking.k8s.io",
        "pod",
        "configmap",
    }
    small.lifecycle.clear()
    assert until(lambda: left(small) == [], 15)
    small.lifecycle.begin()
    small.lifecycle.wait_ready()


def test_without_harness_and_watchdog_the_workers_end_at_their_limit(
    small: Small, target: KubernetesTarget, scenario: Path
) -> None:
    target.run_workers(replace(asked(small, scenario), limit_s=5))
    assert until(lambda: small.kubectl(*ENDED).split() != [], 30)
    assert set(small.kubectl(*ENDED).split()) == {"DeadlineExceeded"}
    assert until(lambda: not small.kubectl("get", "pods", "-l", LABEL, "-o", "name"), 30)


def test_after_a_kill_9_the_watchdog_removes_the_workers(
    small: Small, target: KubernetesTarget, scenario: Path
) -> None:
    del target
    words = (str(small.state.root), str(scenario), master(small))
    done = subprocess.run(
        (sys.executable, "-c", DIES, *words),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, "running\n"), done.stderr
    assert until(lambda: left(small) == [], 15)
    assert until(
        lambda: small.state.undo.exists() and "abandoned" in small.state.undo.read_text(), 15
    )
    small.state.undo.unlink()
