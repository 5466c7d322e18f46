"""Which rights are needed, and whether the API server says that we have them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from harness.targets.kubernetes.cluster import decoded
from harness.targets.kubernetes.connection import Connection
from harness.targets.kubernetes.place import Place

_REVIEWS: Final = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """Verbs on one resource of the namespace. `resource` may be pods/exec."""

    group: str
    resource: str
    verbs: tuple[str, ...]

    def __str__(self) -> str:
        return f"{', '.join(self.verbs)} {self.resource}"


_READ: Final = ("get", "list", "watch")
_WRITE: Final = ("get", "list", "create", "patch", "delete")
_KINDS: Final = (
    ("", ("services", "configmaps", "secrets", "serviceaccounts", "persistentvolumeclaims")),
    ("policy", ("poddisruptionbudgets",)),
    ("autoscaling", ("horizontalpodautoscalers",)),
    ("batch", ("jobs", "cronjobs")),
    ("rbac.authorization.k8s.io", ("roles", "rolebindings")),
)
# What a run needs, with the start of the system: deploy/kubernetes/role.yaml has the same.
RUN: Final = (
    Right(group="", resource="namespaces", verbs=("get",)),
    Right(group="", resource="pods", verbs=(*_READ, "delete")),
    Right(group="", resource="pods/exec", verbs=("create", "get")),
    Right(group="", resource="pods/eviction", verbs=("create",)),
    Right(group="", resource="pods/log", verbs=("get",)),
    Right(group="", resource="pods/proxy", verbs=("get", "create")),
    Right(group="apps", resource="deployments", verbs=(*_WRITE, "watch")),
    Right(group="apps", resource="statefulsets", verbs=(*_WRITE, "watch")),
    Right(group="apps", resource="replicasets", verbs=("get", "list", "delete")),
    Right(group="networking.k8s.io", resource="networkpolicies", verbs=_WRITE),
    *(
        Right(group=group, resource=resource, verbs=_WRITE)
        for group, resources in _KINDS
        for resource in resources
    ),
)


class _Answer(msgspec.Struct, frozen=True):
    allowed: bool = False


class _Review(msgspec.Struct, frozen=True):
    status: _Answer = _Answer()


def missing_rights(
    connection: Connection, place: Place, rights: tuple[Right, ...] = RUN
) -> list[str]:
    """Those that the API server does not grant, in words. Raises TargetError."""
    return [
        f"{verb} {right.resource}"
        for right in rights
        for verb in right.verbs
        if not _has(connection, _attributes(right, verb, place.namespace))
    ]


def has_cluster_right(connection: Connection, verb: str, resource: str) -> bool:
    """Whether we may do that to a resource without a namespace."""
    right = Right(group="", resource=resource, verbs=(verb,))
    return _has(connection, _attributes(right, verb, ""))


def as_rules(rights: tuple[Right, ...] = RUN) -> Iterator[dict[str, Any]]:
    """The rules of a Role that grants them."""
    for right in rights:
        yield {
            "apiGroups": [right.group],
            "resources": [right.resource],
            "verbs": list(right.verbs),
        }


def _has(connection: Connection, attributes: dict[str, str]) -> bool:
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    return decoded(_Review, _REVIEWS, connection.create(_REVIEWS, review)).status.allowed


def _attributes(right: Right, verb: str, namespace: str) -> dict[str, str]:
    resource, _, subresource = right.resource.partition("/")
    return {
        "namespace": namespace,
        "verb": verb,
        "group": right.group,
        "resource": resource,
        "subresource": subresource,
    }
