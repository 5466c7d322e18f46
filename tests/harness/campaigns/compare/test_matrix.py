"""A matrix file is read strictly: each error has its file, line, and the nearest right key."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.campaigns.compare.arm_files import write_arms
from harness.campaigns.compare.matrix import Matrix
from harness.campaigns.compare.matrix_file import read_matrix
from harness.campaigns.compare.prepare import WantedMatrix, begin
from harness.campaigns.folder import CampaignFolder
from harness.errors import ConfigError
from harness.system import read_system, system_files
from reports.measures.metric_table import metric_units
from tests.support.fuzz_matrices import MATRIX, fuzz_matrices
from tests.support.squall_process import ROOT

EXAMPLE = ROOT / "examples" / "scaling" / "matrix.yaml"
FILES = system_files(ROOT / "reference_services" / "system.yaml", None, None)


def read(folder: Path, text: str) -> Matrix:
    path = folder / "matrix.yaml"
    path.write_text(text)
    return read_matrix(path)


def begun(folder: Path, text: str) -> CampaignFolder:
    for name in ("capacity.yaml", "one_less.yaml", "ramp.py"):
        (folder / name).write_bytes((EXAMPLE.parent / name).read_bytes())
    wanted = WantedMatrix(
        root=ROOT,
        path=folder / "matrix.yaml",
        matrix=read(folder, text),
        files=FILES,
        metrics=metric_units(),
        runs_dir=folder / "runs",
    )
    return begin(wanted)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("budget_s", "budgets", "matrix.yaml:3: `budgets`: unknown key `budgets`"),
        ("budget_s", "budgets", "did you mean `budget_s`?"),
        ("replicas: 1", "replica: 1", "did you mean `replicas`?"),
        ("replicas: 1", "replicas: 0", "replicas: 0"),
        ("p99_ms", "p90_ms", "did you mean `p99_ms`?"),
        ("p99_ms: 250", "p99_ms: .nan", "matrix.yaml:6: p99_ms"),
        ("name: two,", "name: one,", "'one' is here twice"),
        ("name: one less,", "name: Capacity,", "'Capacity' is here twice"),
        ("arms: [one, two, three]", "arms: [one, two, thre]", "did you mean `three`?"),
        ("arms: [one, two, three]", "arms: [one, two, two]", "'two' is here twice"),
        ("month_minor: {ledger: 3000", "month_minor: {ledger: 30.5", "month_minor"),
        ("currency: EUR", "currency: Euro", "prices.currency"),
    ],
)
def test_an_error_names_its_place_and_the_fix(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    assert old in MATRIX
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, MATRIX.replace(old, new, 1))
    assert says in str(caught.value)
    assert "matrix.yaml:" in str(caught.value)


def test_a_ramp_without_limits_is_refused(tmp_path: Path) -> None:
    lines = [line for line in MATRIX.splitlines() if not line.startswith("knee")]
    with pytest.raises(ConfigError, match="a ramp without limits"):
        read(tmp_path, "\n".join(lines))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("services: {ledger: {replicas: 1", "services: {legder: {replicas: 1", "did you mean"),
        ("service: payments", "service: payment", "did you mean `payments`?"),
        ("month_minor: {ledger", "month_minor: {leger", "did you mean `ledger`?"),
        ("database: postgres", "database: postgre", "did you mean `postgres`?"),
        ('POOL_SIZE: "4"', 'POOL_SIZE: "four"', "not a number of connections"),
        ('POOL_SIZE: "4"', 'POOL_SIZE: "400"', "matrix.yaml:15: arms[3]: two small pools: 1600"),
        ("limit: 117", "limit: 20", "32 connections at postgres (1 x 16 ledger + 1 x 16 payments)"),
        ("replicas: 3", "replicas: 2", "payments has the sizes 1, 2, 2"),
        ("budget_s: 3600", "budget_s: 60", "more than its budget"),
        ("experiment: one_less.yaml", "experiment: one_les", "no experiment"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_started(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    assert old in MATRIX
    with pytest.raises(ConfigError) as caught:
        begun(tmp_path, MATRIX.replace(old, new))
    assert says in str(caught.value)
    assert not list(tmp_path.glob("runs/*/*"))


def test_the_plan_holds_each_arm_with_its_files_and_its_sums(tmp_path: Path) -> None:
    plan = begun(tmp_path, MATRIX).read_plan()
    facts = {fact.name: fact for fact in plan.facts}
    assert facts["three"].replicas == {"postgres": 1, "bank": 1, "ledger": 3, "payments": 3}
    assert facts["three"].month_minor == 3 * 3000 + 3 * 3000 + 9000
    assert facts["two small pools"].connections[0].used == 16
    arm = next(arm for arm in plan.arms if arm.name == "two small pools")
    system = read_system(Path(arm.system), Path(arm.deployment))
    ledger = system.service("ledger")
    assert ledger is not None
    assert ledger.env["POOL_SIZE"] == "4"
    assert ledger.env["PORT"] == "{port}"
    assert ledger.replicas == 2


def test_the_files_that_were_run_are_under_the_seal(tmp_path: Path) -> None:
    folder = begun(tmp_path, MATRIX)
    folder.seal()
    assert folder.damage() == ()
    changed = next(folder.arms.glob("*/deployment.yaml"))
    changed.write_text(f"{changed.read_text()}# later\n")
    assert folder.damage()


def test_an_arm_may_be_another_place_of_a_cluster_or_another_overlay(tmp_path: Path) -> None:
    path = tmp_path / "matrix.yaml"
    place = "place: {context: squall-local, namespace: payments"
    path.write_text(f"""\
name: hpa
budget_s: 3600
columns: [{{name: spike, experiment: no-fault}}]
arms:
  - {{name: low, target: kubernetes, {place}, overlay: hpa}}}}
  - {{name: high, target: kubernetes, {place}}}, services: {{ledger: {{replicas: 3}}}}}}
""")
    low, high = write_arms(path, read_matrix(path), FILES, tmp_path / "arms")
    assert low.arm.place == {
        "context": "squall-local",
        "namespace": "payments",
        "overlay": "hpa",
    }
    assert low.arm.deployment == str(ROOT / "deploy" / "kubernetes.yaml")
    assert low.system.target == "kubernetes"
    ledger = high.system.service("ledger")
    assert ledger is not None
    assert ledger.replicas == 3
    assert Path(high.system.options["overlays"]) == ROOT / "deploy" / "kubernetes" / "overlays"


def test_mutated_files_are_read_or_refused_with_file_line_and_fix(tmp_path: Path) -> None:
    out = fuzz_matrices(400, 3, tmp_path)
    assert (out.crashed, out.unclear, out.missed) == ([], [], [])
    assert out.refused > 200
