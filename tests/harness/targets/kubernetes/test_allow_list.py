"""A context may be used only for the cluster that the allow-list binds it to."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.targets.kubernetes.allow_list import Allowed, Identity, allowed, read_allow_list

CA = f"sha256:{'5' * 64}"
HERE = Identity(server="https://10.0.0.1:6443", ca=CA, cluster="1c9d")


def entry(tmp_path: Path, text: str, identity: Identity = HERE) -> Allowed:
    path = tmp_path / "clusters.yaml"
    path.write_text(f"clusters:\n  - {{context: staging, {text}}}\n")
    return allowed(read_allow_list(path), "staging", identity, path)


@pytest.mark.parametrize(
    "text", ["cluster: 1c9d", f"ca: '{CA}'", "server: 'https://10.0.0.1:6443'"]
)
def test_a_context_that_is_bound_to_this_cluster_is_allowed(tmp_path: Path, text: str) -> None:
    assert entry(tmp_path, text).context == "staging"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cluster: 77aa", "cluster is 1c9d, not 77aa"),
        (f"ca: 'sha256:{'6' * 64}'", f"ca is {CA}"),
        ("cluster: 1c9d, server: 'https://10.0.0.2:6443'", "server is https://10.0.0.1:6443"),
    ],
)
def test_a_context_that_is_bound_to_another_cluster_is_refused(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(ConfigError, match="is bound to another cluster") as error:
        entry(tmp_path, text)
    assert said in str(error.value)


def test_a_cluster_whose_id_we_may_not_read_is_not_the_one_that_is_bound(tmp_path: Path) -> None:
    unknown = Identity(server=HERE.server, ca=CA, cluster="")
    with pytest.raises(ConfigError, match="cluster is not known, not 1c9d"):
        entry(tmp_path, "cluster: 1c9d", unknown)


def test_a_context_that_is_not_listed_is_refused_with_the_line_to_add(tmp_path: Path) -> None:
    path = tmp_path / "clusters.yaml"
    path.write_text("clusters: []\n")
    with pytest.raises(ConfigError, match=r"add `- \{context: staging, cluster: '1c9d'\}`"):
        allowed(read_allow_list(path), "staging", HERE, path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("namespaces: [a]", "missing required field `cluster`"),
        ("server: 'https://example.org'", "does not name a cluster outside of a private network"),
        ("cluster: x, contexts: y", "unknown key `contexts`"),
        ("ca: md5", "allowed"),
    ],
)
def test_an_entry_that_binds_nothing_is_an_error_with_its_line(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=r"clusters\.yaml:2") as error:
        entry(tmp_path, text)
    assert said in str(error.value)


@pytest.mark.parametrize("name", ["kube-system", "kube-public", "production", "my-prod-eu"])
def test_namespaces_of_the_cluster_and_of_production_are_refused_unless_listed(
    tmp_path: Path, name: str
) -> None:
    assert name in entry(tmp_path, "cluster: 1c9d").refusal(name)
    assert entry(tmp_path, f"cluster: 1c9d, namespaces: [{name}]").refusal(name) == ""


def test_a_list_of_namespaces_excludes_all_others(tmp_path: Path) -> None:
    found = entry(tmp_path, "cluster: 1c9d, namespaces: [payments]")
    assert found.refusal("payments") == ""
    assert "is not among its namespaces: payments" in found.refusal("shop")
