"""Copies the events that services write into their logs to the timeline, pod by pod.

The lines carry the clocks of their node; an event gets the monotonic time of this machine at which
its wall time was, so clocks that differ between machines shift it.
"""

from __future__ import annotations

import threading
import time
from typing import Final

import msgspec

from harness.errors import TargetError
from harness.targets.kubernetes.cluster import Cluster, is_of
from harness.targets.kubernetes.objects import Pod, pods_path
from harness.targets.kubernetes.place import ServicePlace
from harness.targets.local.logs import interesting, reader
from harness.timeline import FileTimeline

LOOK_EVERY_S: Final = 0.5


class LogEvents:
    """One thread looks for new containers; each is followed by a thread of its own."""

    def __init__(self, cluster: Cluster, timeline: FileTimeline) -> None:
        self._cluster, self._timeline = cluster, timeline
        self._pattern = interesting(cluster.place.events)
        self._over = threading.Event()
        self._followed: set[str] = set()
        self._again: set[str] = set()

    def start(self) -> None:
        """Begin, at the lines of now."""
        if self._cluster.place.events:
            threading.Thread(target=self._look, name="logs of pods", daemon=True).start()

    def stop(self) -> None:
        """Copy no more."""
        self._over.set()

    def _look(self) -> None:
        first = True
        while not self._over.is_set():
            try:
                for pod in self._cluster.pods():
                    self._see(pod, whole=not first)
                first = False
            except TargetError:
                pass  # the API server is away; the watch tells that
            self._over.wait(LOOK_EVERY_S)

    def _see(self, pod: Pod, *, whole: bool) -> None:
        for service in self._cluster.place.services:
            status = pod.container(service.container)
            if not is_of(pod, service) or status is None or not status.state.running:
                continue
            if status.container_id not in self._followed:
                self._followed.add(status.container_id)
                words = (pod, service, status.container_id, whole)
                threading.Thread(target=self._follow, args=words, daemon=True).start()

    def _follow(self, pod: Pod, service: ServicePlace, container_id: str, whole: bool) -> None:
        """A log that breaks off is followed again from its next line."""
        read = reader(pod.metadata.name, self._pattern)
        path = f"{pods_path(self._cluster.place.namespace, pod.metadata.name)}/log"
        is_new = whole and container_id not in self._again
        since = {} if is_new else {"tailLines": 0}
        try:
            lines = self._cluster.connection.lines(
                path, None, container=service.container, follow="true", **since
            )
            for line in lines:
                if self._over.is_set():
                    return
                shift_ns = time.monotonic_ns() - time.time_ns()
                for event in read(line + b"\n"):
                    moved = msgspec.structs.replace(event, mono_ns=event.wall_ns + shift_ns)
                    self._timeline.append(moved)
        except (TargetError, OSError):
            if not self._over.wait(LOOK_EVERY_S):
                self._again.add(container_id)
                self._followed.discard(container_id)
