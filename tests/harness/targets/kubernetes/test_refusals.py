"""Commands that are refused before the first write: the cluster is the same afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.small_cluster import CONTEXT, Small, small_files, why_no_cluster

ROOT = Path(__file__).parents[4]
ALL = "all,configmaps,secrets,serviceaccounts,networkpolicies,roles,rolebindings"


@pytest.fixture(scope="module", autouse=True)
def _cluster() -> None:
    if why := why_no_cluster():
        pytest.skip(why)


@pytest.fixture
def files(tmp_path: Path) -> Small:
    return small_files(tmp_path)


def written(namespace: str) -> set[str]:
    """What is in a namespace, with its version; a namespace that does not exist is empty."""
    words = ("kubectl", "--context", CONTEXT, "-n", namespace, "get", f"namespace/{namespace}")
    if subprocess.run(words, capture_output=True, check=False, timeout=60).returncode:
        return set()
    listed = (*words[:5], "get", ALL, "-o", "json")
    done = subprocess.run(listed, capture_output=True, text=True, check=True, timeout=60)
    found = [i for i in json.loads(done.stdout)["items"] if i["kind"] != "Pod"]
    names = {f"{i['kind']}/{i['metadata']['name']}" for i in found}
    return {namespace, *names, *(i["metadata"]["resourceVersion"] for i in found)}


def squall(files: Small, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = (
        *(sys.executable, "-m", "cli", *words),
        *("--system", str(files.folder / "system.yaml")),
        *("--deployment", str(files.folder / "kubernetes.yaml"), "--target", "kubernetes"),
    )
    environ = {**os.environ, "SQUALL_STATE_DIR": str(files.folder / "state"), **env}
    return subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=60
    )


def refused(files: Small, said: str, *words: str, **env: str) -> None:
    namespace = words[-1] if "--namespace" in words else "default"
    before = written(namespace)
    done = squall(files, "services", "up", *words, **env)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert written(namespace) == before


def test_without_context_or_namespace_nothing_is_guessed(files: Small) -> None:
    refused(files, "--context is missing")
    refused(files, "--namespace is missing", "--context", CONTEXT)


def test_an_unknown_context_is_refused(files: Small) -> None:
    refused(files, "--context nowhere", "--context", "nowhere", "--namespace", "x")


def test_a_context_outside_of_the_allow_list_is_refused(files: Small, tmp_path: Path) -> None:
    path = tmp_path / "clusters.yaml"
    path.write_text("clusters: [{context: other, cluster: abc}]\n")
    words = ("--context", CONTEXT, "--namespace", "x")
    refused(files, "is not in the allow-list", *words, SQUALL_CLUSTERS=str(path))
    path.write_text(f"clusters: [{{context: {CONTEXT}, cluster: abc}}]\n")
    refused(files, "is bound to another cluster", *words, SQUALL_CLUSTERS=str(path))


@pytest.mark.parametrize("name", ["kube-system", "production"])
def test_a_protected_namespace_is_refused(files: Small, name: str) -> None:
    refused(files, "is not listed", "--context", CONTEXT, "--namespace", name)


@pytest.fixture
def poor(files: Small) -> Iterator[str]:
    """A kubeconfig whose user may read pods and nothing else."""
    name = files.namespace
    small = files
    base = ("kubectl", "--context", CONTEXT)
    subprocess.run((*base, "create", "namespace", name), check=True, capture_output=True)
    try:
        small.kubectl("create", "serviceaccount", "poor")
        small.kubectl("create", "role", "poor", "--verb=get,list,watch", "--resource=pods")
        small.kubectl(
            "create", "rolebinding", "poor", "--role=poor", f"--serviceaccount={name}:poor"
        )
        token = small.kubectl("create", "token", "poor").strip()
        config = yaml.safe_load(Path(os.environ["KUBECONFIG"]).read_text())
        config["users"] = [{"name": "poor", "user": {"token": token}}]
        for context in config["contexts"]:
            context["context"]["user"] = "poor"
        path = files.folder / "poor"
        path.write_text(yaml.safe_dump(config))
        yield str(path)
    finally:
        subprocess.run((*base, "delete", "namespace", name), check=False, capture_output=True)


def test_a_missing_right_is_named_before_anything_is_written(files: Small, poor: str) -> None:
    before = files.kubectl("get", ALL, "-o", "name")
    words = ("--context", CONTEXT, "--namespace", files.namespace)
    done = squall(files, "services", "up", *words, KUBECONFIG=poor)
    assert done.returncode == 2
    assert "rights: not granted: get namespaces, delete pods, create pods/exec" in done.stderr
    assert files.kubectl("get", ALL, "-o", "name") == before


def test_a_dry_run_prints_the_objects_and_writes_none(files: Small) -> None:
    words = ("--context", CONTEXT, "--namespace", files.namespace, "--dry-run", "--json")
    done = squall(files, "services", "up", *words)
    assert done.returncode == 0, done.stderr
    plans = json.loads(done.stdout)
    assert [(p["kind"], p["name"]) for p in plans] == [
        ("ConfigMap", "corefile"),
        ("Service", "web"),
        ("Deployment", "web"),
        ("StatefulSet", "store"),
    ]
    for plan in plans:
        assert plan["object"]["metadata"]["namespace"] == files.namespace
        assert plan["object"]["metadata"]["labels"]["squall.dev/system"] == "small"
    assert written(files.namespace) == set()


def test_an_api_server_that_is_away_is_refused(files: Small, tmp_path: Path) -> None:
    config = yaml.safe_load(Path(os.environ["KUBECONFIG"]).read_text())
    for cluster in config["clusters"]:
        cluster["cluster"]["server"] = "https://127.0.0.1:1"
    (tmp_path / "away").write_text(yaml.safe_dump(config))
    words = ("--context", CONTEXT, "--namespace", "x")
    refused(files, "does not answer", *words, KUBECONFIG=str(tmp_path / "away"))
