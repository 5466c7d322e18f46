"""What `validate` and `run` check before the start: faults, functions, variables, scenarios."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from harness.errors import ConfigError
from harness.experiment import Experiment
from harness.system import SystemFiles
from harness.validation.file_check import Load, check_files
from reports.measures.metric_table import metric_units
from tests.support.documents_files import EXPERIMENT, ROOT, SYSTEM, experiment_file, system_file

INJECT = """  - type: action
    name: kill-one-ledger-instance
    provider:
      type: python
      module: harness.chaos.actions
      func: inject_kill
      arguments: {service: ledger, instances: 1}
    pauses: {after: 10}
"""
OURS = "harness.chaos.actions"
UNDO = f"{{type: python, module: {OURS}, func: undo_all}}"


def checked(path: Path, load: Load | None = None) -> Experiment:
    (found,) = check_files(
        ROOT, (str(path),), SystemFiles(system=system_file(path.parent)), metric_units(), load
    )[1]
    return found


def refused(path: Path, load: Load | None = None) -> str:
    with pytest.raises(ConfigError) as error:
        checked(path, load)
    return str(error.value)


def with_method(folder: Path, new: str, *, radius: str = "") -> Path:
    path = experiment_file(folder, INJECT, new)
    if radius:
        text = path.read_text()
        old = "blast_radius: {services: [ledger], max_instances: 1}"
        path.write_text(text.replace(old, f"blast_radius: {{{radius}}}"))
    return path


def edge_fault(folder: Path, func: str, arguments: str) -> str:
    new = INJECT.replace("inject_kill", func).replace("{service: ledger, instances: 1}", arguments)
    edges = 'edges: ["payments>bank", "ledger>postgres"]'
    return refused(with_method(folder, new, radius=edges))


def test_the_same_experiment_as_yaml_json_and_with_merge_keys_is_the_same_run(
    tmp_path: Path,
) -> None:
    whole = checked(experiment_file(tmp_path))
    merged = INJECT.replace(
        "      type: python\n      module: harness.chaos.actions\n",
        "      <<: {type: python, module: harness.chaos.actions}\n",
    )
    assert checked(with_method(tmp_path, merged)).values == whole.values
    as_json = tmp_path / "experiment.json"
    as_json.write_text(json.dumps(yaml.safe_load(EXPERIMENT), indent="\t"))
    assert checked(as_json).values == whole.values


def test_every_error_of_every_file_is_reported(tmp_path: Path) -> None:
    paths = []
    for name, old, new in (
        ("one", "hold_s: 10", "hold_s: 0"),
        ("two", "rollbacks:", "rolbacks:"),
        ("three", "title", "title"),
    ):
        (tmp_path / name).mkdir()
        paths.append(str(experiment_file(tmp_path / name, old, new)))
    names = (*paths, "no-such-experiment")
    with pytest.raises(ConfigError) as error:
        check_files(ROOT, names, SystemFiles(system=system_file(tmp_path)), metric_units())
    said = error.value.problems
    assert [text.split(":")[0].split("/")[-2] for text in said[1:]] == ["one", "two"]
    assert "no-such-experiment" in said[0]


def test_a_wrong_system_file_does_not_hide_what_is_wrong_with_the_experiment(
    tmp_path: Path,
) -> None:
    path = experiment_file(tmp_path, "hold_s: 10", "hold_s: 0")
    bad = system_file(tmp_path, "replicas: 2", "replicas: 0")
    with pytest.raises(ConfigError) as error:
        check_files(ROOT, (str(path),), SystemFiles(system=bad))
    assert len(error.value.problems) == 2


@pytest.mark.parametrize(
    ("func", "arguments", "said"),
    [
        ("inject_errors", '{edge: "ledger>postgres", status: 503}', "goes via tcp"),
        ("inject_lost_answers", '{edge: "ledger>postgres"}', "goes via tcp"),
        ("inject_reset", '{edge: "payments>bank"}', "goes via mesh"),
        ("inject_bandwidth", '{edge: "payments>bank", kbytes_per_s: 50}', "goes via mesh"),
        ("inject_latency", '{edge: "payments>bank", latency_ms: -5}', "latency_ms: -5"),
        ("inject_latency", '{edge: "payments>bank", latency_ms: 999999}', "latency_ms: 999999"),
        ("inject_latency", '{edge: "payments>bank", latncy_ms: 5}', "did you mean `latency_ms`?"),
        ("inject_latency", '{edge: "payments>bank"}', "latency_ms: (missing)"),
        ("inject_errors", '{edge: "payments>bank", status: 200}', "status: 200"),
        ("inject_errors", '{edge: "payments>bank", percent: 101}', "percent: 101"),
        ("inject_errors", '{edge: "payments>bnak"}', "did you mean `payments>bank`?"),
        ("inject_bandwidth", '{edge: "ledger>postgres", kbytes_per_s: 0}', "kbytes_per_s: 0"),
    ],
)
def test_an_edge_fault_must_be_one_that_this_edge_can_do(
    tmp_path: Path, func: str, arguments: str, said: str
) -> None:
    assert said in edge_fault(tmp_path, func, arguments)


@pytest.mark.parametrize(
    ("lives", "said"),
    [
        ("lives: []", "not a list of 1 to 20"),
        ("lives: [{1A: x}]", "'1A' is not a variable"),
        ("lives: [{A: 1}]", "not of the argument's type"),
        ("deaths: 5", "needs the argument `lives`"),
    ],
)
def test_variables_that_cannot_be_given_are_refused_with_their_line(
    tmp_path: Path, lives: str, said: str
) -> None:
    new = INJECT.replace("inject_kill", "inject_environment").replace("instances: 1", lives)
    assert said in refused(with_method(tmp_path, new))


def test_instances_are_counted_over_the_whole_method(tmp_path: Path) -> None:
    two = INJECT.replace("after: 10", "after: 5")
    said = refused(with_method(tmp_path, two + two))
    assert "2 instances at once are more than max_instances 1" in said
    wide = "services: [ledger], max_instances: 5"
    three = INJECT.replace("after: 10", "after: 3") * 3
    said = refused(with_method(tmp_path, three, radius=wide))
    assert "3 instances of 'ledger' at once, which has 2" in said
    undo = f"  - {{type: action, name: u, provider: {UNDO}}}\n"
    checked(with_method(tmp_path, two + undo + two))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("harness.chaos.probes, func: all_ready", f"{OURS}, func: undo_all", "undo_all here"),
        ("func: undo_all}\nrollbacks", "func: all_ready}\nrollbacks", "no such function"),
        ("func: undo_all", "func: inject_kill, arguments: {service: ledger}", "more than max"),
        ("module: harness.chaos.probes", "module: harness.chaos.session", "not a module of"),
        ("module: harness.chaos.probes", "module: no_such_module_here", "cannot be imported"),
        ("  - type: action\n    name: kill", "  - type: probe\n    name: kill", "as a probe"),
        ("  - name: squall", "  - name: squall\n  - name: squall", "another extension"),
        ("rollbacks:\n", "rollbacks:\n  - ref: no-such-name\n", "no activity has this name"),
    ],
)
def test_a_fault_has_its_place_and_names_are_right(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert said in refused(experiment_file(tmp_path, old, new))


def test_an_inject_in_rollbacks_or_in_a_tolerance_is_refused(tmp_path: Path) -> None:
    head, tail = EXPERIMENT.split("rollbacks:")
    path = tmp_path / "experiment.yaml"
    path.write_text(f"{head}rollbacks:{tail.replace('undo_all', 'inject_pause')}")
    assert "inject_pause outside the method" in refused(path)
    probe = f"{{type: probe, name: p, provider: {UNDO}}}"
    said = refused(experiment_file(tmp_path, "tolerance: true", f"tolerance: {probe}"))
    assert "undo_all in this place" in said


def test_a_fault_that_nothing_undoes_is_refused(tmp_path: Path) -> None:
    text = EXPERIMENT[: EXPERIMENT.index("  - type: action\n    name: start-it-again")]
    path = tmp_path / "experiment.yaml"
    path.write_text(text)
    assert "nothing undoes this fault" in refused(path)


def test_variables_come_from_the_environment_and_are_checked_as_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    defined = "configuration:\n  who: {type: env, key: SQUALL_TEST_WHO}\nmethod:\n"
    text = EXPERIMENT.replace("method:\n", defined).replace(
        "service: ledger,", 'service: "${who}",'
    )
    path = tmp_path / "experiment.yaml"
    path.write_text(text)
    monkeypatch.delenv("SQUALL_TEST_WHO", raising=False)
    assert "SQUALL_TEST_WHO is not set" in refused(path)
    monkeypatch.setenv("SQUALL_TEST_WHO", "ledgr")
    assert "'ledgr' is not in the system" in refused(path)
    monkeypatch.setenv("SQUALL_TEST_WHO", "ledger")
    found = checked(path)
    assert found.faults[0].targets == ("ledger",)
    assert found.values["method"][0]["provider"]["arguments"]["service"] == "ledger"
    assert found.values["configuration"] == {"who": {"type": "env", "key": "SQUALL_TEST_WHO"}}


def test_a_foreign_function_is_checked_by_its_signature(tmp_path: Path) -> None:
    foreign = "  - {type: action, name: x, provider: {type: python, module: shutil, func: %s}}\n"
    for func, said in (
        ("copyfil", "did you mean `copyfile`?"),
        ("copyfile, arguments: {src: a}", "needs the argument `dst`"),
        ("copyfile, arguments: {src: a, dst: b, x: 1}", "has no argument `x`"),
    ):
        assert said in refused(with_method(tmp_path, INJECT + foreign % func))
    checked(with_method(tmp_path, INJECT + foreign % "copyfile, arguments: {src: a, dst: b}"))


def test_a_module_that_ends_the_process_or_prints_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = "  - {type: action, name: x, provider: {type: python, module: this, func: none}}\n"
    assert "no such function in this" in refused(with_method(tmp_path, INJECT + foreign))
    monkeypatch.setattr("harness.chaos.preflight.IMPORT_LIMIT_S", 0.0)
    assert "took longer than" in refused(with_method(tmp_path, INJECT + foreign))


@pytest.mark.parametrize(
    ("provider", "said"),
    [
        ("{type: process, path: no-such-program-here}", "no such program"),
        ('{type: http, url: "ftp://x"}', "not the address of a request"),
        ('{type: http, url: "http://x:99999/"}', "not the address of a request"),
        ("{type: http, url: http://x/, method: 3}", "not text"),
        ("{type: process, path: echo, argumens: [a]}", "did you mean `arguments`?"),
    ],
)
def test_programs_and_requests_are_checked_as_far_as_they_can_be(
    tmp_path: Path, provider: str, said: str
) -> None:
    extra = f"  - {{type: probe, name: x, provider: {provider}}}\n"
    assert said in refused(with_method(tmp_path, INJECT + extra))


def test_a_rate_scale_that_leaves_too_few_arrivals_is_refused(tmp_path: Path) -> None:
    said = refused(experiment_file(tmp_path), Load(rate_scale=0.01))
    assert "arrivals in the baseline" in said


@pytest.mark.parametrize(
    ("word", "wrong"),
    [("paymens", "did you mean `payments`"), ("./missing.yaml", "no SLO document"), ("", "short")],
)
def test_an_slo_document_that_an_experiment_names_is_checked(
    word: str, wrong: str, tmp_path: Path
) -> None:
    named = EXPERIMENT.replace("    hold_s:", f'    slos: ["{word}"]\n    hold_s:', 1)
    assert named != EXPERIMENT
    experiment, system = tmp_path / "experiment.yaml", tmp_path / "system.yaml"
    experiment.write_text(named)
    system.write_text(SYSTEM)
    with pytest.raises(ConfigError) as raised:
        check_files(ROOT, (str(experiment),), SystemFiles(system=system))
    assert any("slos[0]" in problem and wrong in problem for problem in raised.value.problems)
