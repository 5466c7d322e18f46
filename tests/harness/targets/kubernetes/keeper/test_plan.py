"""The plans of the manifests are read, and become edges of Envoy and of the TCP proxy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.system import read_system
from harness.targets.kubernetes.keeper.plan import read_plan
from harness.targets.local.envoy.config import MeshFiles, bootstrap

ROOT = Path(__file__).parents[5]
PLANS = sorted((ROOT / "deploy" / "kubernetes" / "base" / "plans").glob("*.json"))


def test_the_plans_have_every_edge_of_the_system_once() -> None:
    plans = [read_plan(path) for path in PLANS]
    names = [edge.name for plan in plans for edge in plan.http]
    names += [edge.name for plan in plans for edge in plan.tcp]
    local = ROOT / "deploy" / "local.yaml"
    system = read_system(ROOT / "reference_services" / "system.yaml", local)
    assert sorted(names) == sorted(edge.name for edge in system.edges)


def test_a_name_s_addresses_are_asked_again_and_only_a_gateway_is_open(tmp_path: Path) -> None:
    files = MeshFiles(folder=tmp_path, admin=tmp_path / "a", health=tmp_path / "h")
    listens = {}
    for path in PLANS:
        edges = read_plan(path).http_edges()
        resources = json.loads(json.dumps(bootstrap("n", files, edges)))["static_resources"]
        for cluster in resources["clusters"]:
            assert cluster["type"] == "STRICT_DNS"
            assert cluster["dns_refresh_rate"] == "1s"
        for listener in resources["listeners"]:
            listens[listener["name"]] = listener["address"]["socket_address"]["address"]
    assert listens.pop("payer>payments") == "0.0.0.0"  # noqa: S104  # what is asserted
    assert set(listens.values()) == {"127.0.0.1"}


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"htttp": []}',
        '{"http": [{"name": "a>b", "port": 0, "upstream": "b:1"}]}',
        '{"tcp": [{"name": "ab", "port": 1, "upstream": "b:1"}]}',
        '{"tcp": [{"name": "a>b", "port": 1, "upstream": "b"}]}',
        " " * 100_001,
    ],
)
def test_a_wrong_plan_is_refused_with_its_file(text: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"plan\.json"):
        read_plan(path)
