"""How many instances a method may fault: as many as the files name, or as the target can have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.experiment import read_experiment
from harness.system import System, read_system
from tests.support.documents_files import ROOT, experiment_file

RADIUS = "max_instances: 1}"
KILLS = """
class OnlyKills:
    @classmethod
    def attach(cls, state, limit_s=1): return cls()
    @classmethod
    def orphaned(cls): return cls()
    def undo(self, action, data): ...
    def undone(self, action, data): ...
    def renew(self, resource, lease_s): ...
    def instances(self): return ()
    def seen(self, identity): return "gone"
    def kill(self, instance, lease_s): ...
    def revive(self, instance): ...
"""
THREE_URLS = """
name: shop
target: only_kills:OnlyKills
entry: buyer>ledger
services: [{name: ledger, urls: ["http://a:1", "http://b:1", "http://c:1"]}]
edges: [{name: buyer>ledger}]
"""


def killing(folder: Path, count: int, system: System) -> None:
    """Check the demo's experiment with a kill of that many instances."""
    path = experiment_file(folder, "ledger, instances: 1", f"ledger, instances: {count}")
    text = path.read_text().replace(RADIUS, f"max_instances: {count}}}")
    path.write_text(re.sub("evidence: .*", "evidence: []", text))
    read_experiment(path, system)


def test_each_url_of_a_service_is_an_instance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "only_kills.py").write_text(KILLS)
    (tmp_path / "system.yaml").write_text(THREE_URLS)
    monkeypatch.syspath_prepend(tmp_path)
    system = read_system(tmp_path / "system.yaml")
    killing(tmp_path, 3, system)
    with pytest.raises(ConfigError, match="4 instances of 'ledger', which has 3"):
        killing(tmp_path, 4, system)


def test_a_target_that_scales_services_may_have_more_instances_than_the_files_name(
    tmp_path: Path,
) -> None:
    described = ROOT / "reference_services" / "system.yaml"
    killing(tmp_path, 3, read_system(described, ROOT / "deploy" / "kubernetes.yaml"))
    with pytest.raises(ConfigError, match="33 instances of 'ledger', which has 32"):
        killing(tmp_path, 33, read_system(described, ROOT / "deploy" / "kubernetes.yaml"))
    with pytest.raises(ConfigError, match="3 instances of 'ledger', which has 2"):
        killing(tmp_path, 3, read_system(described, ROOT / "deploy" / "local.yaml"))
