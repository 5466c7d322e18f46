"""NetworkPolicies as records, and which of them let one pod reach another; pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

import msgspec

from harness.targets.kubernetes.objects import Meta, Pod

_NAME = "kubernetes.io/metadata.name"


class _Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Read only; fields that are not named here are left out."""


class Requirement(_Part, frozen=True):
    """One expression of a selector."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether labels meet it."""
        has = labels.get(self.key) in self.values
        return {
            "In": has,
            "NotIn": not has,
            "Exists": self.key in labels,
            "DoesNotExist": self.key not in labels,
        }.get(self.operator, False)


class Selector(_Part, frozen=True):
    """A label selector; an empty one matches all."""

    match_labels: dict[str, str] = {}
    match_expressions: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether labels meet all of it."""
        is_so = self.match_labels.items() <= labels.items()
        return is_so and all(one.matches(labels) for one in self.match_expressions)


class Block(_Part, frozen=True):
    """Addresses."""

    cidr: str
    without: tuple[str, ...] = msgspec.field(default=(), name="except")

    def holds(self, address: str) -> bool:
        """Whether an address is one of them."""
        ip = ipaddress.ip_address(address)
        if ip not in ipaddress.ip_network(self.cidr, strict=False):
            return False
        return not any(ip in ipaddress.ip_network(net, strict=False) for net in self.without)


class Peer(_Part, frozen=True):
    """One peer of a rule."""

    pod_selector: Selector | None = None
    namespace_selector: Selector | None = None
    ip_block: Block | None = None

    def admits(self, pod: Pod) -> bool:
        """Whether a pod of the policy's own namespace is meant."""
        if self.ip_block is not None:
            return bool(pod.status.pod_ip) and self.ip_block.holds(pod.status.pod_ip)
        here = {_NAME: pod.metadata.namespace}
        if self.namespace_selector is not None and not self.namespace_selector.matches(here):
            return False
        return self.pod_selector is None or self.pod_selector.matches(pod.metadata.labels)


class Rule(_Part, frozen=True):
    """One rule; without peers it admits all."""

    peers: tuple[Peer, ...] = msgspec.field(default=(), name="from")


class PolicySpec(_Part, frozen=True):
    """What a policy says."""

    pod_selector: Selector = Selector()
    policy_types: tuple[str, ...] = ("Ingress",)
    ingress: tuple[Rule, ...] = ()


class Policy(_Part, frozen=True):
    """One NetworkPolicy."""

    metadata: Meta
    spec: PolicySpec = PolicySpec()

    def isolates(self, pod: Pod) -> bool:
        """Whether it limits who may reach the pod."""
        is_meant = self.spec.pod_selector.matches(pod.metadata.labels)
        return is_meant and "Ingress" in self.spec.policy_types

    def admits(self, pod: Pod) -> bool:
        """Whether one of its rules lets the pod in."""
        return any(
            not rule.peers or any(peer.admits(pod) for peer in rule.peers)
            for rule in self.spec.ingress
        )


class PolicyList(_Part, frozen=True):
    """All policies of a namespace."""

    items: tuple[Policy, ...] = ()


def all_but(name: str, kept_out: Mapping[str, str], isolated: Mapping[str, str]) -> dict[str, Any]:
    """A policy that lets everybody reach `isolated` pods but those of its namespace with labels."""
    out = [{"key": k, "operator": "NotIn", "values": [v]} for k, v in kept_out.items()]
    elsewhere = {"namespaceSelector": {"matchLabels": {}}, "podSelector": {"matchExpressions": out}}
    return _policy(name, isolated, [{"from": [elsewhere]}])


def nobody(name: str, isolated: Mapping[str, str]) -> dict[str, Any]:
    """A policy that admits nobody: it closes what no other policy opens."""
    return _policy(name, isolated, [])


def _policy(name: str, isolated: Mapping[str, str], rules: list[Any]) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name},
        "spec": {
            "podSelector": {"matchLabels": dict(isolated)},
            "policyTypes": ["Ingress"],
            "ingress": rules,
        },
    }
