"""What the pods that carry an edge have counted: a sum that goes on when a pod ends; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.targets.local.edge_owner import Carried
from harness.targets.records import EdgeFault, EdgeStatus, FaultCount

_FIELDS = ("hits", "exposed", "failed", "bytes", "connections", "offered")


class PodCounts:
    """Keeps what each pod said last, for as long as the process lives."""

    def __init__(self) -> None:
        self._last: dict[str, dict[str, EdgeStatus]] = {}  # by edge and pod
        self._carried = Carried()

    def saw(self, pod: str, edges: Iterable[EdgeStatus]) -> None:
        """What a pod says now; its counters go on after its keeper has started again."""
        for edge in edges:
            known = self._last.setdefault(edge.name, {})
            known[pod] = self._whole(pod, edge)

    def status(self, edge: str, ready: Sequence[str]) -> EdgeStatus:
        """The edge over all pods; its faults are those that all `ready` pods have.

        `error` says that one of them differs from the others, or has never answered.
        """
        pods = self._last.get(edge, {})
        now = [pods[pod] for pod in ready if pod in pods]
        faults = now[0].faults if now else ()
        alike = all(set(map(_key, one.faults)) == set(map(_key, faults)) for one in now)
        errors = [one.error for one in now if one.error]
        if not alike:
            errors.append("some pods have the fault and others have not")
        if len(now) < len(ready):
            errors.append(f"{len(ready) - len(now)} of its pods do not answer")
        counts = _summed(tuple(pods.values()))
        return EdgeStatus(
            name=edge,
            address=now[0].address if now else "",
            requests=sum(one.requests for one in pods.values()),
            hits=sum(count.hits for count in counts),
            faults=tuple(f for f in faults if all(f in one.faults for one in now)),
            counts=counts,
            error="; ".join(dict.fromkeys(errors)),
        )

    def _whole(self, pod: str, edge: EdgeStatus) -> EdgeStatus:
        key = f"{pod} {edge.name}"
        (requests,) = self._carried.total(key, (edge.requests,))
        counts = []
        for count in edge.counts:
            values = tuple(getattr(count, field) for field in _FIELDS)
            total = self._carried.total(f"{key} {count.slot}", values)
            counts.append(FaultCount(slot=count.slot, **dict(zip(_FIELDS, total, strict=True))))
        return EdgeStatus(
            name=edge.name,
            address=edge.address,
            requests=requests,
            hits=sum(count.hits for count in counts),
            faults=edge.faults,
            counts=tuple(counts),
            error=edge.error,
        )


def _key(fault: EdgeFault) -> str:
    return repr(fault)


def _summed(pods: tuple[EdgeStatus, ...]) -> tuple[FaultCount, ...]:
    slots = dict.fromkeys(count.slot for pod in pods for count in pod.counts)
    summed = []
    for slot in slots:
        found = [pod.count_of(slot) for pod in pods]
        values = {field: sum(getattr(count, field) for count in found) for field in _FIELDS}
        summed.append(FaultCount(slot=slot, **values))
    return tuple(summed)
