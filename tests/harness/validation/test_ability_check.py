"""A fault that the target cannot do is refused with its line, whatever the target."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.experiment import read_experiment
from harness.system import read_system
from tests.support.documents_files import experiment_file

ATTACHED = """
name: shop
target: attached
entry: buyer>ledger
services: [{name: ledger, urls: ["http://127.0.0.1:9"]}]
edges:
  - {name: buyer>ledger, via: gateway, port: 19000}
  - {name: shop>ledger}
"""


def system(tmp_path: Path, old: str = "", new: str = "") -> Path:
    path = tmp_path / "system.yaml"
    path.write_text(ATTACHED.replace(old, new, 1))
    return path


def test_a_kill_is_refused_where_the_target_cannot_kill(tmp_path: Path) -> None:
    path = experiment_file(tmp_path)
    with pytest.raises(ConfigError) as error:
        read_experiment(path, read_system(system(tmp_path)))
    line = path.read_text().split("inject_kill")[0].count("\n") + 1
    assert f"experiment.yaml:{line}: method[0].provider.func: 'inject_kill'" in str(error.value)
    assert "the target attached has not the ability Kills" in str(error.value)
    assert "faults that need EdgeFaults" in str(error.value)


def test_a_target_from_outside_is_asked_in_the_same_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "only_watches.py").write_text(
        "class Watcher:\n"
        "    @classmethod\n    def attach(cls, state, limit_s=1): return cls()\n"
        "    @classmethod\n    def orphaned(cls): return cls()\n"
        "    def undo(self, action, data): ...\n"
        "    def undone(self, action, data): return True, 'so'\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(
        ConfigError, match="Watcher has not the ability Kills; allowed: faults that"
    ):
        read_experiment(
            experiment_file(tmp_path),
            read_system(system(tmp_path, "attached", "only_watches:Watcher")),
        )
