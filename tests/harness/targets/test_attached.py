"""A system that runs already: observed by its URLs, faulted only where our proxy is in the way."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import ConfigError, FaultError
from harness.safety.identity import process_identity
from harness.system import read_system
from harness.targets.attached.target import AttachedTarget
from harness.targets.base import EdgeFaults, Instances, Kills, Lifecycle, Pauses, able
from harness.targets.local.ports import is_free
from harness.targets.local.process_name import identity_of
from harness.targets.records import EdgeFault
from tests.support.free_port import free_port
from tests.support.target_system import ask, system_up
from tests.support.target_waiting import until

SERVICE = Path(__file__).parents[2] / "support" / "target_service.py"
SYSTEM = """
target: attached
name: strange
entry: payer>shop
services:
  - {{name: shop, ready: /ready, urls: ["http://127.0.0.1:{shop}"]}}
  - {{name: store, urls: ["http://localhost:{store}"]}}
edges:
  - {{name: payer>shop, via: gateway, port: {entry}}}
  - {{name: shop>store}}
"""


class Stranger:
    """Two services that nobody of ours has started."""

    def __init__(self) -> None:
        self.ports = {name: free_port() for name in ("shop", "store", "entry")}
        self.processes = {name: self.start(name) for name in ("shop", "store")}
        self.text = SYSTEM.format(**self.ports)

    def start(self, name: str) -> subprocess.Popen[bytes]:
        env = {"PORT": str(self.ports[name]), "INSTANCE": name}
        process = subprocess.Popen([sys.executable, str(SERVICE)], env=env)
        until(lambda: not is_free(self.ports[name]))
        return process

    def kill(self, name: str) -> None:
        self.processes[name].kill()
        self.processes[name].wait()

    def identity(self, name: str) -> str:
        pid = self.processes[name].pid
        return identity_of(pid, process_identity(pid) or 0)


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    made = Stranger()
    yield made
    for name in made.processes:
        made.kill(name)


def test_it_observes_instances_and_faults_proxied_edges_and_nothing_else() -> None:
    assert all(issubclass(AttachedTarget, one) for one in (Lifecycle, Instances, EdgeFaults))
    assert not any(issubclass(AttachedTarget, one) for one in (Kills, Pauses))


def test_an_instance_is_known_by_the_process_that_listens_and_its_death_is_seen(
    stranger: Stranger,
) -> None:
    with system_up(stranger.text) as up:
        target = AttachedTarget.attach(up.state)
        shop = up.instance("shop")
        assert (shop.state, shop.identity) == ("ready", stranger.identity("shop"))
        stranger.kill("shop")
        until(lambda: up.instance("shop").state == "unready")
        assert target.seen(shop.identity) == "gone"
        stranger.processes["shop"] = stranger.start("shop")
        until(lambda: up.instance("shop").identity == stranger.identity("shop"))
        states = [e.data["state"] for e in up.events("instance", "shop")]
        assert states == ["starting", "ready", "unready", "ready"]
    assert all(process.poll() is None for process in stranger.processes.values())


def test_an_edge_through_our_proxy_is_faulted_and_a_direct_one_is_not(stranger: Stranger) -> None:
    with system_up(stranger.text) as up:
        target = AttachedTarget.attach(up.state)
        assert up.supervisor.entry == f"http://127.0.0.1:{stranger.ports['entry']}"
        assert ask(target.edges()[0].address).status == 201
        target.fault_edge("payer>shop", EdgeFault(kind="errors", status=503), 60)
        assert ask(target.edges()[0].address).status == 503
        target.clear_edge("payer>shop")
        until(lambda: ask(target.edges()[0].address).status == 201)
        assert [e.name for e in target.edges()] == ["payer>shop"]
        with pytest.raises(FaultError, match="has not the ability Kills"):
            able(target, Kills)


def test_a_service_that_does_not_answer_stops_the_start(stranger: Stranger, tmp_path: Path) -> None:
    path = tmp_path / "system.yaml"
    path.write_text(stranger.text)
    stranger.kill("store")
    found = AttachedTarget.preflight(read_system(path), tmp_path)
    seen = {finding.name: finding.ok for finding in found}
    assert (seen["service shop"], seen["service store"]) == (True, False)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (', urls: ["http://127.0.0.1:1"]', "", "missing required field `urls`"),
        ("http://127.0.0.1:1", "127.0.0.1:1", "a URL with http or https"),
        ("ready: /ready", "command: [x]", "this target starts nothing"),
        (", port: 3", "", "missing required field `port`"),
        ("http://127.0.0.1:1", "https://127.0.0.1:1", "a proxy cannot look into"),
    ],
)
def test_what_it_cannot_do_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = tmp_path / "system.yaml"
    text = SYSTEM.format(shop=1, store=2, entry=3)
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(ConfigError, match=r"system\.yaml:\d+: .*" + said):
        read_system(path)
