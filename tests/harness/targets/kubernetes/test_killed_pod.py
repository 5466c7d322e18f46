"""A pod is killed: proven by its uid, replaced by its controller, reported by the watch."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from harness.clock import SystemClock
from harness.errors import ConfigError
from harness.faults.driver import Driver
from harness.faults.kill import Kill
from harness.run.heal import heal
from harness.safety.undo import UndoLog
from harness.targets.base import Instances, able
from harness.targets.kubernetes.manifests import rendered
from harness.timeline import Event, FileTimeline, NoTimeline, read_timeline
from tests.support.small_cluster import Small, until


def first(small: Small, service: str) -> str:
    return next(i.name for i in small.target().instances() if i.service == service)


def driver(small: Small, path: Path) -> Driver:
    clock = SystemClock()
    timeline = FileTimeline(path, clock)
    return Driver(small.target(), UndoLog(small.state.undo), timeline, clock)


@pytest.mark.parametrize("service", ["web", "store"])
def test_a_killed_pod_is_proven_gone_and_replaced_by_its_uid(
    small: Small, service: str, tmp_path: Path
) -> None:
    name = first(small, service)
    uid = small.kubectl("get", "pod", name, "-o", "jsonpath={.metadata.uid}")
    faults = driver(small, tmp_path / "timeline.ndjson")
    held = faults.inject(Kill(instance=name))
    assert held.evidence["ended"] is True
    assert uid in str(held.evidence["identity"])
    assert faults.undo_all() == ()
    told = {event.kind: event for event in read_timeline(tmp_path / "timeline.ndjson")}
    after = told["verified_undone"].data
    assert uid in str(after["identity_before"])
    assert uid not in str(after["identity"])
    uids = small.kubectl("get", "pods", "-o", "jsonpath={.items[*].metadata.uid}").split()
    assert uid not in uids
    assert str(after["identity"]).split("/")[1] in uids


def test_a_missing_replica_is_an_instance_that_is_down(small: Small) -> None:
    small.kubectl("delete", "pod", first(small, "web"), "--grace-period=0", "--force")
    states = [i.state for i in small.target().instances() if i.service == "web"]
    assert len(states) == 2
    target = able(small.target(), Instances)
    assert until(lambda: all(i.state == "ready" for i in target.instances()), 30)


def test_the_undo_record_of_a_dead_run_is_healed_in_the_cluster_it_names(
    small: Small, tmp_path: Path
) -> None:
    faults = driver(small, tmp_path / "timeline.ndjson")
    faults.inject(Kill(instance=first(small, "web"))).watch.stop()
    (record,) = UndoLog(small.state.undo).pending()
    assert record.target == "kubernetes"
    assert record.data["namespace"] == small.namespace
    report = heal(small.state, None, NoTimeline())
    assert (report.cleared, report.failures) == (True, "")
    faults.undo_all()


def test_pods_that_come_and_go_are_told_by_uid(small: Small, tmp_path: Path) -> None:
    path = tmp_path / "timeline.ndjson"
    target = small.target()
    stop = target.tell_events(FileTimeline(path, SystemClock()))
    assert until(lambda: len(_states(path)) >= 3, 30)
    name = first(small, "web")
    before = next(i for i in target.instances() if i.name == name)
    target.kill(name, 2.0)
    uid = before.identity.split("/")[1]
    assert until(lambda: ("down", uid) in _states(path), 30)
    assert until(
        lambda: any(s == "ready" and u not in first_three(path) for s, u in _states(path)), 30
    )
    stop()


def first_three(path: Path) -> set[str]:
    return {uid for _, uid in _states(path)[:3]}


def _states(path: Path) -> list[tuple[str, str]]:
    events: tuple[Event, ...] = read_timeline(path) if path.exists() else ()
    return [(str(e.data["state"]), str(e.data["uid"])) for e in events if e.kind == "instance"]


def test_down_removes_what_carries_the_labels_and_nothing_else(small: Small) -> None:
    small.kubectl("create", "configmap", "of-somebody-else")
    small.kubectl("label", "namespace", small.namespace, "squall.dev/system-")
    assert small.lifecycle.remove() > 0
    left = small.kubectl("get", "all,configmaps", "-o", "name").split()
    assert left == ["configmap/kube-root-ca.crt", "configmap/of-somebody-else"]
    small.kubectl("label", "namespace", small.namespace, "squall.dev/system=small")


def test_an_overlay_that_is_not_there_is_named_with_those_that_are(small: Small) -> None:
    place = msgspec.structs.replace(small.cluster.place, manifests=str(small.folder / "overlays/x"))
    with pytest.raises(ConfigError, match="no overlay 'x'; known: two"):
        rendered(place)
