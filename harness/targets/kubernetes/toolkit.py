"""Calls of chaostoolkit-kubernetes: of those of its functions that were found sound.

Each call names its context, namespace and objects; its functions have no time limit of their own,
so each runs in a thread that is waited for as long as a call may take.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any, Final

from harness.errors import FaultError, TargetError
from harness.targets.kubernetes.place import Place

LIMIT_S: Final = 15.0


def load() -> None:
    """Import it now: that takes seconds of CPU."""
    import chaosk8s.pod.actions  # noqa: F401, PLC0415  # as above


def terminate_pod(place: Place, pod: str, selector: str) -> None:
    """Delete one pod with a grace period of zero. Raises FaultError, TargetError."""

    def call() -> list[str]:
        from chaosk8s.pod.actions import terminate_pods  # noqa: PLC0415  # takes seconds

        deleted: list[str] = terminate_pods(
            label_selector=selector,
            name_pattern=f"^{re.escape(pod)}$",
            qty=1,
            grace_period=0,
            ns=place.namespace,
            secrets=_secrets(place),
        )
        return deleted

    if limited("terminate_pods", call) != [pod]:
        raise FaultError(f"terminate_pods has not deleted {pod}: it is not there any more")


def scale_deployment(place: Place, name: str, replicas: int) -> None:
    """Ask a Deployment for that many pods. Raises TargetError."""

    def call() -> bool:
        from chaosk8s.deployment.actions import scale_deployment  # noqa: PLC0415  # takes seconds

        scale_deployment(name, replicas, ns=place.namespace, secrets=_secrets(place))
        return True

    limited("scale_deployment", call)


def scale_statefulset(place: Place, name: str, replicas: int) -> None:
    """Ask a StatefulSet for that many pods. Raises TargetError."""

    def call() -> bool:
        from chaosk8s.statefulset.actions import scale_statefulset  # noqa: PLC0415  # as above

        scale_statefulset(name, replicas, ns=place.namespace, secrets=_secrets(place))
        return True

    limited("scale_statefulset", call)


def cordon(place: Place, node: str) -> None:
    """Let a node take no pods. Raises TargetError."""

    def call() -> bool:
        from chaosk8s.node.actions import cordon_node  # noqa: PLC0415  # as above

        cordon_node(name=node, secrets=_secrets(place))
        return True

    limited("cordon_node", call)


def limited(name: str, call: Callable[[], Any], limit_s: float = LIMIT_S) -> Any:  # noqa: ANN401  # the library has no types
    """The result of a call of the toolkit. Raises TargetError: it failed or took too long."""
    results: list[Any] = []
    errors: list[str] = []

    def run() -> None:
        try:
            results.append(call())
        except Exception as error:  # noqa: BLE001  # the toolkit lets errors of its libraries through
            errors.append(f"{type(error).__name__}: {error}".splitlines()[0][:300])

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    thread.join(limit_s)
    if errors:
        raise TargetError(f"{name}: {errors[0]}")
    if not results:
        raise TargetError(f"{name}: no answer within {limit_s:g} s")
    return results[0]


def _secrets(place: Place) -> dict[str, str]:
    return {"KUBERNETES_CONTEXT": place.context}
