"""Why pods are not ready, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.targets.kubernetes.objects import ContainerStatus, Pod

# What a kubelet says of a container that will not start by waiting.
_HOPELESS: Final = frozenset(
    {"ErrImagePull", "ErrImageNeverPull", "ImagePullBackOff", "InvalidImageName"}
    | {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
)


def hopeless(pod: Pod) -> Iterator[str]:
    """Of each container that will not start by waiting."""
    for status in (*pod.status.init_container_statuses, *pod.status.container_statuses):
        waiting = status.state.waiting
        if waiting is not None and waiting.reason in _HOPELESS:
            what = f"{waiting.reason}: {waiting.message}"[:300]
            yield f"{pod.metadata.name}, container {status.name}: {what}"


def states(pods: tuple[Pod, ...]) -> Iterator[str]:
    """Of each pod that is not ready."""
    for pod in pods:
        if not pod.ready:
            parts = ", ".join(_container(s) for s in pod.status.container_statuses)
            why = [c.message for c in pod.status.conditions if c.status != "True" and c.message]
            yield f"{pod.metadata.name} is {pod.status.phase} ({parts or why[:1]})"


def _container(status: ContainerStatus) -> str:
    state = status.state
    if state.waiting is not None:
        return f"{status.name} waits: {state.waiting.reason}"
    if state.terminated is not None:
        return f"{status.name} has ended: {state.terminated.reason}"
    return f"{status.name} {'is ready' if status.ready else 'is not ready'}"
