"""`validate` and `run` refuse the same files: exit 2, file and line, nothing started."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
import yaml

from tests.support.squall_process import Place

NAME = "ledger-killed-at-peak"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def changed(place: Place, old: str, new: str) -> Path:
    path = place.experiment(NAME)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return path


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("rollbacks:", "method: []\nrollbacks:", "method"),
        ("func: inject_kill", "func: inject_kil", "did you mean `inject_kill`?"),
        ("service: ledger", "servce: ledger", "did you mean `service`?"),
        ("rollbacks:", "rolbacks:", "did you mean `rollbacks`?"),
        (
            "rollbacks:",
            "configuration: {t: {type: env, key: SQUALL_NOT_SET}}\nrollbacks:",
            "NOT_SET",
        ),
        ("hold_s: 5", "hold_s: 0", "hold_s: 0"),
        ("limit: 5", "limit: .inf", ".inf"),
        ("max_instances: 1", "max_instances: 0", "more than max_instances"),
        ("after: 4", "after: 400", "fault_s"),
        ("- payments", "- paymnts", "did you mean `payments`?"),
        ("func: all_ready", "func: all_redy", "did you mean `all_ready`?"),
    ],
)
def test_validate_and_run_refuse_the_same_with_file_and_line(
    place: Place, old: str, new: str, said: str
) -> None:
    path = changed(place, old, new)
    for words in (("validate", str(path)), ("run", str(path))):
        done = place.call(*words, "--system", str(place.system))
        assert done.returncode == 2, done.stderr
        assert said in done.stderr
        assert re.search(rf"{re.escape(str(path))}:\d+: ", done.stderr), done.stderr
    assert not place.processes()


def test_json_with_tabs_and_merge_keys_are_sound(place: Place) -> None:
    path = place.experiment(NAME)
    values = yaml.safe_load(path.read_text())
    as_json = path.with_name("experiment.json")
    as_json.write_text(json.dumps(values, indent="\t"))
    merged = path.with_name("merged.yaml")
    provider = values["method"][0]["provider"]
    common = {key: provider.pop(key) for key in ("type", "module")}
    provider["XX"] = common
    merged.write_text(yaml.safe_dump(values, sort_keys=False).replace("XX:", "<<:"))
    for sound in (as_json, merged):
        done = place.call("validate", str(sound), "--system", str(place.system), "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        assert json.loads(done.stdout)[0]["faults"] == "kill ledger"


def test_a_fifo_is_refused_and_not_waited_for(place: Place) -> None:
    fifo = place.root / "experiment.yaml"
    os.mkfifo(fifo)
    done = place.call("validate", str(fifo))
    assert done.returncode == 2
    assert "is a FIFO" in done.stderr


def test_all_files_are_reported_not_only_the_first(place: Place) -> None:
    first = changed(place, "hold_s: 5", "hold_s: 0")
    other = place.root / "other.yaml"
    other.write_text(first.read_text().replace("hold_s: 0", "hold_s: -1"))
    done = place.call("validate", str(first), str(other), "--system", str(place.system))
    assert done.returncode == 2
    assert f"{first}:" in done.stderr
    assert f"{other}:" in done.stderr


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("replicas: 2", "replicas: 1" + "0" * 400),
        ("via: gateway", "via: gateway, port: 99999"),
        ("via: gateway", "via: gateway, port: -1"),
        ("kind: postgres", "kind: postgres\n    url: postgresql://app@host:99999"),
    ],
)
def test_doctor_survives_a_system_file_with_numbers_out_of_range(
    place: Place, old: str, new: str
) -> None:
    text = place.deployment.read_text()
    assert old in text
    place.deployment.write_text(text.replace(old, new, 1))
    done = place.call("doctor", "--system", str(place.system), "--runs-dir", str(place.runs))
    assert done.returncode == 2, done.stderr
    assert re.search(r"local\.yaml:\d+: ", done.stderr), done.stderr
    assert "internal error" not in done.stderr


@pytest.mark.parametrize(
    "option", [("--rate-scale", "nan"), ("--seed", "9" * 400), ("--workers", "0")]
)
def test_an_option_out_of_range_is_refused(place: Place, option: tuple[str, str]) -> None:
    done = place.call("run", NAME, *option, "--system", str(place.root / "no-system.yaml"))
    assert done.returncode == 2
    assert option[0] in done.stderr
