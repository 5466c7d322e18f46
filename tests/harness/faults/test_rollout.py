"""A rolling update is proven by new lives, and over when no old one is left."""

from __future__ import annotations

from harness.faults.rollout import Rollout
from harness.targets.noop import NoTarget
from harness.targets.records import InstanceState, InstanceStatus


class Cluster(NoTarget):
    """Two instances that are replaced one after the other."""

    def __init__(self) -> None:
        self.lives: dict[str, InstanceState] = {"a": "ready", "b": "ready"}
        self.begun = 0

    def instances(self) -> tuple[InstanceStatus, ...]:
        own = [InstanceStatus(name=f"web-{u}", service="web", state=s, identity=u)
               for u, s in self.lives.items()]  # fmt: skip
        return (*own, InstanceStatus(name="db", service="db", state="ready", identity="d"))

    def roll_out(self, service: str) -> None:
        assert service == "web"
        self.begun += 1


def test_it_is_proven_by_the_first_new_life_and_over_without_an_old_one() -> None:
    cluster, fault = Cluster(), Rollout(service="web")
    before = fault.look(cluster)
    fault.inject(cluster, 2.0)
    assert cluster.begun == 1
    assert not fault.verify(cluster, before).proven
    cluster.lives["c"] = "starting"
    assert fault.verify(cluster, before).proven
    assert not fault.verify_undone(cluster, before, before).proven
    cluster.lives = {"c": "ready", "d": "starting"}
    assert fault.held(cluster, before).evidence == {"old": 0, "new": 2}
    assert not fault.verify_undone(cluster, before, before).proven
    cluster.lives["d"] = "ready"
    assert fault.verify_undone(cluster, before, before).proven


def test_a_service_without_instances_is_never_updated() -> None:
    cluster, fault = Cluster(), Rollout(service="web")
    cluster.lives = {}
    before = fault.look(cluster)
    assert not fault.verify(cluster, before).proven
    assert not fault.verify_undone(cluster, before, before).proven
