"""`validate`, `run` and `watch` refuse an own check that could not be made, before they start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.system import read_system
from reports.checks.own_before import refuse_wrong_own_checks
from tests.support.squall_process import Place

SYSTEM = """
name: shop
target: attached
entry: buyer>shop
services: [{name: shop, urls: ["http://127.0.0.1:9"]}]
edges: [{name: buyer>shop}]
tables:
  - name: orders
    key: id
    columns: {id: text, total_minor: integer}
    http: {service: shop, path: /orders}
checks:
  - effects: {table: orders}
  - name: limits
    own: {class: "limits_check:LimitsCheck"}
"""
MODULE = """
class LimitsCheck:
    needs = {"orders": ("id", "total_minor"), "asked": ("amount",)}
    joins = ()
    classes = ()
"""


def system_of(folder: Path, module: str) -> Path:
    (folder / "limits_check.py").write_text(module)
    path = folder / "system.yaml"
    path.write_text(SYSTEM)
    return path


def test_a_class_whose_tables_are_declared_is_accepted(tmp_path: Path) -> None:
    path = system_of(tmp_path, MODULE)
    refuse_wrong_own_checks(read_system(path), path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("class LimitsCheck", "class LimitCheck", "has no attribute 'LimitsCheck'"),
        ("class", "clas", "SyntaxError"),
        ("joins = ()", "pass", "has no attribute 'joins'"),
        ('"orders"', '"order"', "the table 'order', .* did you mean `orders`"),
        ('"total_minor"', '"total"', "the column 'total' of orders, .* `total_minor`"),
    ],
)
def test_a_class_that_cannot_be_used_is_an_error_of_its_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = system_of(tmp_path, MODULE.replace(old, new, 1))
    with pytest.raises(ConfigError, match=rf"system\.yaml:15: checks\[1\]\.own\.class: .*{said}"):
        refuse_wrong_own_checks(read_system(path), path)


def test_the_commands_refuse_it_before_they_start(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.deployment.unlink()
    place.system = system_of(tmp_path, "import no_such_module\n")
    experiment = place.root / "idle" / "experiment.yaml"
    experiment.parent.mkdir()
    terms = {
        "name": "squall",
        "question": "?",
        "scenario": "steady_payments",
        "control": True,
        "phases": {"warm_up_s": 1, "baseline_s": 4, "fault_s": 1, "recovery_s": 2, "drain_s": 1},
        "max_duration_s": 9,
        "blast_radius": {},
        "good": {"latency_ms": 100, "target": 0.9},
        "objectives": [],
        "hold_s": 1,
    }
    provider = {"type": "python", "module": "harness.chaos.probes", "func": "all_ready"}
    probe = {"type": "probe", "name": "p", "provider": provider, "pauses": {"after": 1}}
    values = {"title": "t", "description": "d", "extensions": [terms], "method": [probe]}
    experiment.write_text(json.dumps(values))
    files = ("--system", str(place.system))
    watch = ("watch", "--scenario", "steady_payments", "--for", "20s", *files)
    for words in (("validate", str(experiment), *files), place.run_arguments(experiment), watch):
        done = place.call(*words)
        assert done.returncode == 2, done.stdout
        assert "system.yaml:15: checks[1].own.class" in done.stderr
        assert "no_such_module" in done.stderr
    assert not place.runs.exists()
