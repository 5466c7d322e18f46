"""The API server as a pod reaches it: with the token of its account, read anew each time."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from harness.errors import ConfigError, TargetError
from harness.targets.kubernetes.cleaner.expiry import Marked
from harness.targets.kubernetes.marks import DEADLINE, OWNER, undo_of
from harness.targets.kubernetes.objects import Meta

ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
LIMIT_S: Final = 3.0
# What faults mark; nodes only where the account has the right.
KINDS: Final = (
    "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
    "/apis/apps/v1/namespaces/{}/deployments",
    "/apis/apps/v1/namespaces/{}/statefulsets",
    "/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers",
    "/api/v1/nodes",
)
_MERGE: Final = "application/merge-patch+json"
_REFUSED: Final = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)


class _Item(msgspec.Struct, frozen=True):
    metadata: Meta


class _List(msgspec.Struct, frozen=True):
    items: tuple[_Item, ...] = ()


class PodApi:
    """Lists marked objects and undoes them. Every method raises TargetError."""

    def __init__(self, client: httpx.Client, namespace: str, account: Path = ACCOUNT) -> None:
        self._client, self._namespace, self._account = client, namespace, account

    @classmethod
    def of_this_pod(cls, namespace: str) -> PodApi:
        """By the environment of every pod. Raises ConfigError outside of one."""
        host, port = (os.environ.get(f"KUBERNETES_SERVICE_{name}") for name in ("HOST", "PORT"))
        if not host or not port or not ACCOUNT.is_dir():
            raise ConfigError("this is no pod with an account: run it in a cluster")
        trusted = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
        client = httpx.Client(base_url=f"https://{host}:{port}", verify=trusted, timeout=LIMIT_S)
        return cls(client, namespace)

    def marked(self) -> Iterator[Marked]:
        """All objects that a fault has marked; kinds that the account may not list are left out."""
        for kind in KINDS:
            path = kind.format(self._namespace)
            answer = self._send("GET", path, params={"labelSelector": OWNER})
            if answer.status_code in _REFUSED:
                continue
            for item in self._decoded(path, answer).items:
                yield Marked(f"{path}/{item.metadata.name}", item.metadata)

    def undo(self, one: Marked) -> bool:
        """Delete it or change it back, if it is still that very object; False: it is not."""
        patch = undo_of(one.metadata.annotations)
        # The version as well: a renewal that came meanwhile keeps the fault on.
        same = {"uid": one.metadata.uid, "resourceVersion": one.metadata.resource_version}
        if patch is None:
            answer = self._send("DELETE", one.path, json={"preconditions": same})
        else:
            patch["metadata"] |= same
            answer = self._send("PATCH", one.path, json=patch)
        if answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
            return False
        if answer.is_error:
            raise TargetError(f"{one.path}: {answer.status_code}: {answer.text[:300]}")
        return True

    def _send(self, method: str, path: str, **how: Any) -> httpx.Response:  # noqa: ANN401  # httpx's
        token = (self._account / "token").read_text(encoding="ascii").strip()
        headers = {"Authorization": f"Bearer {token}"}
        if "json" in how:
            headers["Content-Type"] = _MERGE if method == "PATCH" else "application/json"
        try:
            return self._client.request(method, path, headers=headers, **how)
        except httpx.HTTPError as error:
            raise TargetError(f"{method} {path}: {error!r}") from error

    def _decoded(self, path: str, answer: httpx.Response) -> _List:
        if answer.is_error:
            raise TargetError(f"{path}: {answer.status_code}: {answer.text[:300]}")
        try:
            return msgspec.json.decode(answer.content, type=_List)
        except msgspec.MsgspecError as error:
            raise TargetError(f"{path}: not a list: {error}") from error


def described(one: Marked) -> Mapping[str, str]:
    """What a log line says of it."""
    labels, annotations = one.metadata.labels, one.metadata.annotations
    return {"owner": labels.get(OWNER, ""), "deadline": annotations.get(DEADLINE, "")}
