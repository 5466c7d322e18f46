"""A system file says what there is, a deployment file how it runs; an error names its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.system import SystemFiles, read_system, system_files

ROOT = Path(__file__).parents[2]
ONE_FILE = ROOT / "tests" / "support" / "one_file_system.yaml"
WHAT = """
name: shop
entry: buyer>shop
services:
  - name: shop
    ready: /healthz
edges:
  - name: buyer>shop
events: [breaker]
"""
HOW = """
target: local
services:
  - name: shop
    replicas: 2
    command: ["{python}", shop.py]
edges:
  - {name: buyer>shop, via: gateway}
"""


@pytest.fixture
def files(tmp_path: Path) -> SystemFiles:
    (tmp_path / "system.yaml").write_text(WHAT)
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "local.yaml").write_text(HOW)
    return system_files(tmp_path / "system.yaml", None, None)


def refused(files: SystemFiles) -> str:
    with pytest.raises(ConfigError) as error:
        files.read()
    return str(error.value)


def change(path: Path | None, old: str, new: str) -> None:
    assert path is not None
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


def test_the_two_files_make_one_system(files: SystemFiles) -> None:
    system = files.read()
    (shop,), (edge,) = system.services, system.edges
    assert (shop.ready, shop.replicas, shop.command) == ("/healthz", 2, ("{python}", "shop.py"))
    assert (edge.via, system.events, system.target) == ("gateway", ("breaker",), "local")


def test_the_one_file_system_of_the_tests_is_the_reference_system() -> None:
    what = ROOT / "reference_services" / "system.yaml"
    assert read_system(ONE_FILE) == read_system(what, ROOT / "deploy" / "local.yaml")


def test_an_error_names_the_file_and_the_line_in_which_it_stands(files: SystemFiles) -> None:
    change(files.system, "entry: buyer>shop", "entry: buyer>shpo")
    change(files.deployment, "{python}", "{pyhton}")
    first, second = refused(files).splitlines()
    assert "system.yaml:3: entry" in first
    assert "deploy/local.yaml:6: services[0].command" in second


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("- name: shop", "- name: shpo", "local.yaml:4: services[0].name: 'shpo'"),
        ("    replicas: 2", "    ready: /x", "local.yaml:5: services[0]: `ready`: unknown key"),
        ("via: gateway", "via: gatewya", "local.yaml:8: edges[0].via: 'gatewya'"),
        ("target: local", "target: locla", "local.yaml:2: target: 'locla'"),
        ("target: local", "evidence: []", "local.yaml:2: `evidence`: unknown key"),
        ('    command: ["{python}", shop.py]', "    env: {}", "missing required field `command`"),
        ("  - {name: buyer>shop, via", "  - {nmae: buyer>shop, via", "missing required field"),
    ],
)
def test_what_is_wrong_with_a_deployment_is_named(
    files: SystemFiles, old: str, new: str, said: str
) -> None:
    change(files.deployment, old, new)
    assert said in refused(files)


def test_an_old_file_with_both_halves_is_refused_in_one_line_that_says_how_to_split_it(
    files: SystemFiles,
) -> None:
    change(files.system, "    ready: /healthz", "    ready: /healthz\n    command: [x]")
    (line,) = refused(files).splitlines()
    assert "system.yaml:7: services[0].command" in line
    assert "belongs into the deployment file" in line
    assert "move kind, replicas, command" in line


def test_a_file_with_both_halves_is_enough_where_there_is_no_deployment_file(
    tmp_path: Path,
) -> None:
    whole = tmp_path / "system.yaml"
    whole.write_text(WHAT.replace("/healthz", "/healthz\n    command: [x]"))
    assert read_system(whole).services[0].command == ("x",)


def test_a_target_is_chosen_by_its_deployment_file(files: SystemFiles) -> None:
    attached = files.system.parent / "deploy" / "attached.yaml"
    attached.write_text("target: attached\nservices: [{name: shop, urls: [http://127.0.0.1:9]}]\n")
    assert system_files(files.system, None, "attached").read().target == "attached"
    with pytest.raises(ConfigError, match="is for the target 'local'"):
        system_files(files.system, files.deployment, "attached").read()


def test_the_only_deployment_file_beside_a_system_is_taken(tmp_path: Path) -> None:
    system, folder = tmp_path / "system.yaml", tmp_path / "deploy"
    folder.mkdir()
    assert system_files(system, None, None).deployment is None
    (folder / "attached.yaml").write_text("target: attached\n")
    assert system_files(system, None, None).deployment == folder / "attached.yaml"
    assert system_files(system, None, "local").deployment is None
    (folder / "other.yaml").write_text("target: attached\n")
    assert system_files(system, None, None).deployment is None


def test_a_deployment_says_what_rates_it_is_sized_for(files: SystemFiles) -> None:
    assert files.read().rate_scale == 1
    change(files.deployment, "target: local\n", "target: local\nrate_scale: 0.3\n")
    assert files.read().rate_scale == 0.3


@pytest.mark.parametrize("scale", ["0", "-1", ".nan", ".inf", "101", "half"])
def test_a_scale_outside_of_its_range_names_file_and_line(files: SystemFiles, scale: str) -> None:
    change(files.deployment, "target: local\n", f"target: local\nrate_scale: {scale}\n")
    assert "local.yaml:3: rate_scale" in refused(files)
