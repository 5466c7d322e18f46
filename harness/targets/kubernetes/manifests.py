"""The objects of an overlay, rendered by kubectl, with the namespace and labels of this system.

Labels and namespace are set on each object and on the pods that it makes, whatever the manifests
say: `down` removes what carries the labels, so nothing may be applied without them.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from harness.errors import ConfigError, TargetError
from harness.safety.tied import tie
from harness.targets.kubernetes.place import OWNER, PART_OF, SYSTEM, Place

KUBECTL: Final = "kubectl"
RENDER_LIMIT_S: Final = 20.0
APPLY_LIMIT_S: Final = 60.0
# Kinds that have no namespace; the namespace itself is made by the target.
_OF_THE_CLUSTER: Final = frozenset(
    {"ClusterRole", "ClusterRoleBinding", "PersistentVolume", "StorageClass", "PriorityClass"}
)
_BINDINGS: Final = frozenset({"RoleBinding", "ClusterRoleBinding"})


def rendered(place: Place) -> list[dict[str, Any]]:
    """All objects of the overlay. Raises ConfigError: there is no such overlay."""
    folder = Path(place.manifests)
    if not place.manifests or not folder.is_dir():
        known = sorted(path.name for path in folder.parent.glob("*/")) if place.manifests else []
        wrong = f"no overlay {folder.name!r}; known: {', '.join(known) or 'none'}"
        raise ConfigError(f"{folder.parent}: {wrong}")
    raw = kubectl("kustomize", str(folder), limit_s=RENDER_LIMIT_S)
    found = [one for one in yaml.safe_load_all(raw) if isinstance(one, dict)]
    return [_placed(one, place) for one in found if one.get("kind") != "Namespace"]


def apply(place: Place, objects: list[dict[str, Any]]) -> str:
    """Apply them; returns what kubectl says. Raises TargetError."""
    whole = {"apiVersion": "v1", "kind": "List", "items": objects}
    words = ("apply", "--server-side", "--force-conflicts", "--field-manager", OWNER, "-f", "-")
    return kubectl(*_at(place), *words, text=json.dumps(whole), limit_s=APPLY_LIMIT_S).decode()


def namespace_object(place: Place) -> dict[str, Any]:
    """The namespace, with a label that says that we made it."""
    labels = {PART_OF: OWNER, SYSTEM: place.system}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": place.namespace, "labels": labels},
    }


def kubectl(*words: str, text: str = "", limit_s: float) -> bytes:
    """The output of kubectl. Raises TargetError with its last words, ConfigError without it."""
    try:
        done = subprocess.run(
            (KUBECTL, *words),
            input=text.encode(),
            capture_output=True,
            timeout=limit_s,
            preexec_fn=tie(),  # system calls only
            check=False,
        )
    except FileNotFoundError:
        raise ConfigError("kubectl is not in PATH; install it") from None
    except subprocess.TimeoutExpired:
        raise TargetError(f"kubectl {words[0]}: not done after {limit_s:g} s") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise TargetError(f"kubectl {' '.join(words[:8])}: {'; '.join(said[-3:])[:600]}")
    return done.stdout


def _at(place: Place) -> tuple[str, ...]:
    return ("--context", place.context, "--namespace", place.namespace)


def _placed(one: dict[str, Any], place: Place) -> dict[str, Any]:
    """The object in this namespace, with the labels of this system."""
    metadata = one.setdefault("metadata", {})
    _label(metadata, place)
    if one.get("kind") not in _OF_THE_CLUSTER:
        metadata["namespace"] = place.namespace
    if one.get("kind") in _BINDINGS:
        for subject in one.get("subjects") or ():
            if subject.get("kind") == "ServiceAccount":
                subject["namespace"] = place.namespace
    for template in _templates(one):
        _label(template.setdefault("metadata", {}), place)
    return one


def _templates(one: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The pod templates and volume claims in an object."""
    spec = one.get("spec")
    if not isinstance(spec, dict):
        return
    if isinstance(spec.get("template"), dict):
        yield spec["template"]
    if isinstance(spec.get("jobTemplate"), dict):
        yield spec["jobTemplate"]
        yield from _templates(spec["jobTemplate"])
    yield from (
        claim for claim in spec.get("volumeClaimTemplates") or () if isinstance(claim, dict)
    )


def _label(metadata: dict[str, Any], place: Place) -> None:
    metadata["labels"] = {
        **(metadata.get("labels") or {}),
        PART_OF: OWNER,
        SYSTEM: place.system,
    }
