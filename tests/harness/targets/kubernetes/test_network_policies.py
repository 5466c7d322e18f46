"""Which NetworkPolicies let one pod reach another, as Kubernetes reads them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from harness.targets.kubernetes.network_policies import Policy, all_but, nobody
from harness.targets.kubernetes.objects import Meta, Pod, PodStatus


def pod(name: str, ip: str = "10.244.1.5", namespace: str = "shop") -> Pod:
    labels = {"app": name, "part-of": "shop"}
    return Pod(metadata=Meta(namespace=namespace, labels=labels), status=PodStatus(pod_ip=ip))


def policy(spec: dict[str, Any]) -> Policy:
    return msgspec.convert({"metadata": {"name": "p"}, "spec": spec}, Policy)


def admitting(peer: dict[str, Any]) -> Policy:
    return policy({"podSelector": {}, "ingress": [{"from": [peer]}]})


@pytest.mark.parametrize(
    ("peer", "admits"),
    [
        ({"podSelector": {"matchLabels": {"app": "web"}}}, True),
        ({"podSelector": {"matchLabels": {"app": "bank"}}}, False),
        ({"podSelector": {}}, True),
        ({"namespaceSelector": {}}, True),
        ({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "x"}}}, False),
        (
            {
                "podSelector": {
                    "matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]
                }
            },
            False,
        ),
        ({"podSelector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}}, True),
        ({"podSelector": {"matchExpressions": [{"key": "x", "operator": "DoesNotExist"}]}}, True),
        ({"podSelector": {"matchExpressions": [{"key": "x", "operator": "New"}]}}, False),
        ({"ipBlock": {"cidr": "10.244.0.0/16"}}, True),
        ({"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.244.0.0/16"]}}, False),
    ],
)
def test_a_peer_admits_what_it_describes(peer: dict[str, Any], admits: bool) -> None:
    assert admitting(peer).admits(pod("web")) is admits


def test_a_rule_without_peers_admits_all_and_no_rule_admits_none() -> None:
    assert policy({"podSelector": {}, "ingress": [{}]}).admits(pod("web"))
    assert not policy({"podSelector": {}, "ingress": []}).admits(pod("web"))


def test_a_policy_about_what_leaves_does_not_isolate() -> None:
    spec = {"podSelector": {}, "policyTypes": ["Egress"]}
    assert not policy(spec).isolates(pod("web"))


def test_what_a_cut_creates_keeps_out_the_source_alone() -> None:
    made = msgspec.convert(all_but("cut", {"app": "web"}, {"app": "bank"}), Policy)
    assert made.isolates(pod("bank"))
    assert not made.isolates(pod("web"))
    assert not made.admits(pod("web"))
    assert made.admits(pod("other"))
    closed = msgspec.convert(nobody("cut", {"app": "bank"}), Policy)
    assert closed.isolates(pod("bank"))
    assert not closed.admits(pod("other"))
