"""Which clusters may be used: a file that binds each context to one cluster.

```yaml
clusters:
  - context: staging
    cluster: 1c9d9d0e-6f6e-4f6d-8a53-3c8b9ff3e1f7   # the uid of its namespace kube-system
    ca: sha256:5d0c...                  # or the digest of the certificate by which it is trusted
    namespaces: [payments]              # only these; without it all but kube-* and *prod*
  - context: squall-local
    server: https://10.243.0.1:6443     # a test cluster that is made anew: its address
```

A kubeconfig can be rewritten so that a context names another cluster; its id cannot. `server` alone
is allowed for addresses of private networks and of this machine only.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from harness.errors import ConfigError
from harness.files.document import Node
from harness.files.problems import MISSING, Problem, raise_problems
from harness.files.record_check import missing_key, problems_of, record
from harness.files.yaml_file import read_document
from harness.python_child import CHECKOUT

VARIABLE: Final = "SQUALL_CLUSTERS"
_PROTECTED: Final = re.compile(r"\A(kube-.*|.*prod.*)\Z", re.IGNORECASE)
_Label = Annotated[
    str, Meta(pattern=r"\A[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z", examples=["payments"])
]


class Allowed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One context and its bindings; "" where the file does not give one."""

    context: Annotated[str, Meta(min_length=1, max_length=253, examples=["staging"])]
    cluster: Annotated[str, Meta(max_length=100)] = ""
    ca: Annotated[str, Meta(pattern=r"\A(sha256:[0-9a-f]{64})?\Z", examples=["sha256:..."])] = ""
    server: Annotated[str, Meta(max_length=500, examples=["https://10.0.0.1:6443"])] = ""
    namespaces: Annotated[tuple[_Label, ...], Meta(max_length=200)] = ()

    def refusal(self, namespace: str) -> str:
        """Why that namespace may not be used; "" if it may."""
        if namespace in self.namespaces:
            return ""
        if self.namespaces:
            return f"{namespace} is not among its namespaces: {', '.join(self.namespaces)}"
        if _PROTECTED.match(namespace):
            return f"{namespace} is of the cluster or of production, and is not listed"
        return ""


class AllowList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    clusters: Annotated[tuple[Allowed, ...], Meta(max_length=200)]


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who a cluster is. `cluster` is "" where we may not ask for it."""

    server: str
    ca: str
    cluster: str


def allow_list_path() -> Path:
    """$SQUALL_CLUSTERS, else the user's own file, else that of this checkout."""
    if chosen := os.environ.get(VARIABLE):
        return Path(chosen)
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    own = home / "squall" / "clusters.yaml"
    return own if own.is_file() else CHECKOUT / "deploy" / "clusters.yaml"


def read_allow_list(path: Path) -> AllowList:
    """The file. Raises ConfigError with every error, its line and its fix."""
    document = read_document(path)
    found = [*document.problems, *problems_of(document.root, AllowList)]
    raise_problems(path, found or list(_unbound(document.root)))
    return record(document.root, AllowList)


def allowed(listed: AllowList, context: str, identity: Identity, path: Path) -> Allowed:
    """The entry that allows it. Raises ConfigError that says what to add."""
    of_context = [one for one in listed.clusters if one.context == context]
    for one in of_context:
        if not _differs(one, identity):
            return one
    ours = identity.cluster or identity.ca
    key = "cluster" if identity.cluster else "ca"
    if of_context:
        differs = _differs(of_context[0], identity)
        wrong = f"the context {context!r} is bound to another cluster: {differs}"
    else:
        wrong = f"the context {context!r} is not in the allow-list"
    fix = f"if this cluster may be harmed, add `- {{context: {context}, {key}: {ours!r}}}`"
    raise ConfigError(f"{path}: {wrong}; fix: {fix}")


def _differs(one: Allowed, identity: Identity) -> str:
    """What of the binding is not so; "" if all is."""
    pairs = (
        ("cluster", one.cluster, identity.cluster),
        ("ca", one.ca, identity.ca),
        ("server", one.server, identity.server),
    )
    wrong = [
        f"{name} is {now or 'not known'}, not {bound}"
        for name, bound, now in pairs
        if bound and bound != now
    ]
    return "; ".join(wrong)


def _unbound(root: Node) -> Iterator[Problem]:
    clusters = root.child("clusters")
    for index, item in enumerate(clusters.elements() if clusters else ()):
        key = f"clusters[{index}]"
        if item.text("cluster") or item.text("ca"):
            continue
        if not item.text("server"):
            yield missing_key(item, "cluster", key, "the uid of its namespace kube-system")
        elif not _is_private(item.text("server")):
            node = item.child("server") or item
            yield Problem(
                line=node.line,
                key=f"{key}.server",
                value=node.value if isinstance(node.value, str) else MISSING,
                wrong="an address alone does not name a cluster outside of a private network",
                allowed="an address of a private network, or cluster or ca beside it",
                fix="add `cluster: ...`, the uid of its namespace kube-system",
            )


def _is_private(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost"
