"""The schemas that editors use: they accept every shipped file and refuse a wrong one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from harness.files.document import plain
from harness.files.yaml_file import read_document, read_documents
from reports.schemas import SCHEMAS, schema
from tests.support.typed import squall

ROOT = Path(__file__).parents[2]
KINDS = {"SLO": "slo", "RecoveryObjective": "recovery-objective"}


def wrong(name: str, value: object) -> list[str]:
    """What the schema of that name refuses in a value."""
    return [error.message for error in Draft202012Validator(schema(name)).iter_errors(value)]


def value_of(path: str) -> dict[str, Any]:
    return dict(plain(read_document(ROOT / path).root))


EXPERIMENTS = sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("experiments/*/experiment.yaml"))
DEPLOYMENTS = sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("examples/*/deploy/*.yaml"))
SYSTEMS = sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("examples/*/system.yaml"))


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))
    assert "\\A" not in json.dumps(schema(name))


@pytest.mark.parametrize("path", EXPERIMENTS)
def test_every_shipped_experiment_is_accepted(path: str) -> None:
    assert wrong("experiment", value_of(path)) == []


@pytest.mark.parametrize("name", ["matrix", "all_columns"])
def test_every_shipped_matrix_is_accepted(name: str) -> None:
    assert wrong("matrix", value_of(f"examples/scaling/{name}.yaml")) == []


@pytest.mark.parametrize("path", ["reference_services/system.yaml", *SYSTEMS])
def test_every_shipped_system_file_is_accepted(path: str) -> None:
    assert wrong("system", value_of(path)) == []


@pytest.mark.parametrize("path", ["deploy/local.yaml", *DEPLOYMENTS])
def test_every_shipped_deployment_file_is_accepted(path: str) -> None:
    assert wrong("deployment", value_of(path)) == []


@pytest.mark.parametrize("path", sorted(ROOT.glob("objectives/*.yaml")), ids=lambda p: p.stem)
def test_every_preset_is_accepted(path: Path) -> None:
    for document in read_documents(path):
        value = plain(document.root)
        assert wrong(KINDS[value["kind"]], value) == []


@pytest.mark.parametrize(
    ("name", "path", "key"),
    [
        ("experiment", EXPERIMENTS[0], "mehtod"),
        ("system", "reference_services/system.yaml", "servces"),
        ("deployment", "deploy/local.yaml", "entry"),
        ("slo", "objectives/open-banking.yaml", "knd"),
        ("matrix", "examples/scaling/matrix.yaml", "arm"),
    ],
)
def test_an_unknown_key_is_refused(name: str, path: str, key: str) -> None:
    assert wrong(name, {**value_of(path), key: "x"})


@pytest.mark.parametrize(
    ("key", "value"), [("hold_s", 0), ("objectives", [{"name": "a", "metric": "recovry"}])]
)
def test_a_wrong_term_of_squall_in_an_experiment_is_refused(key: str, value: object) -> None:
    experiment = value_of(EXPERIMENTS[0])
    assert wrong("experiment", experiment) == []
    experiment["extensions"][0][key] = value
    assert wrong("experiment", experiment)


def test_the_extension_of_another_tool_is_none_of_our_business() -> None:
    experiment = value_of(EXPERIMENTS[0])
    experiment["extensions"].append({"name": "other", "anything": 1})
    assert wrong("experiment", experiment) == []


def printed(*words: str) -> Any:  # noqa: ANN401  # any JSON
    done = squall("schema", *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout else None


def test_the_command_prints_names_and_schemas_and_writes_files(tmp_path: Path) -> None:
    assert printed() == sorted(SCHEMAS)
    assert printed("slo") == schema("slo")
    printed("--write", str(tmp_path / "new"))
    written = {path.name for path in (tmp_path / "new").iterdir()}
    assert written == {f"{name}.schema.json" for name in SCHEMAS}
