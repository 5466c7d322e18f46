"""`squall init ci`: the pipeline files are sound, and what they call exists."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.errors import ConfigError
from harness.starter.pipelines import PIPELINES, write_pipeline
from tests.support.typed import squall

services = pytest.mark.parametrize("service", sorted(PIPELINES))


def scripts(service: str, folder: Path) -> list[str]:
    """The shell commands of a pipeline file."""
    path, *_ = write_pipeline(folder, service)
    if service == "jenkins":
        return re.findall(r"sh '(.*)'", path.read_text())
    value: Any = yaml.safe_load(path.read_text())
    if service == "gitlab":
        return list(value["squall"]["script"])
    return [step["run"] for step in value["jobs"]["gate"]["steps"] if "run" in step]


@services
def test_every_script_is_sound_shell(service: str, tmp_path: Path) -> None:
    found = scripts(service, tmp_path)
    assert len(found) >= 3 - (service == "github")
    for script in found:
        subprocess.run(["bash", "-n", "-c", script], check=True, timeout=10)


@services
def test_what_a_pipeline_calls_is_a_command_with_these_options(
    service: str, tmp_path: Path
) -> None:
    (gate,) = (script for script in scripts(service, tmp_path) if "squall gate" in script)
    words = shlex.split(gate)
    assert words[:3] == ["squall/.venv/bin/squall", "gate", "suite.yaml"]
    told = helped("gate")
    assert not [word for word in words if word.startswith("--") and word not in told]


@services
def test_a_gate_is_never_repeated_by_the_pipeline(service: str, tmp_path: Path) -> None:
    path, *_ = write_pipeline(tmp_path, service)
    retries = re.findall(r"retry.*", path.read_text())
    assert retries in ([], ["retry: 0"])


def test_a_suite_is_written_beside_it_and_kept_if_it_exists(tmp_path: Path) -> None:
    first = write_pipeline(tmp_path, "github")
    assert [path.name for path in first] == ["squall.yml", "suite.yaml"]
    (tmp_path / "suite.yaml").write_text("mine")
    assert [path.name for path in write_pipeline(tmp_path, "gitlab")] == [".gitlab-ci.yml"]
    assert (tmp_path / "suite.yaml").read_text() == "mine"


def test_a_pipeline_file_that_exists_is_kept(tmp_path: Path) -> None:
    (tmp_path / "Jenkinsfile").write_text("mine")
    with pytest.raises(ConfigError, match="it exists"):
        write_pipeline(tmp_path, "jenkins")
    assert (tmp_path / "Jenkinsfile").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "code"), [(("ci", "--github"), 0), (("shop", "--github"), 2), (("ci", "--gitub"), 2)]
)
def test_the_command_writes_it_only_for_ci(
    words: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    done = squall("init", *words, folder=tmp_path)
    assert done.returncode == code, done.stderr
    assert (tmp_path / ".github" / "workflows" / "squall.yml").exists() == (code == 0)


def helped(command: str) -> set[str]:
    return set(re.findall(r"--[a-z-]+", squall(command, "--help").stdout))
