"""What experiments do: short calls that put a fault on and prove it, and one that takes all away.

A fault stays on after its action has returned, until `undo_all`, the end of the process or the end
of its lease. Each raises FaultError when its fault is not proven; then it is undone already.
"""

from __future__ import annotations

from harness.chaos.session import is_open, session
from harness.errors import FaultError
from harness.faults.bandwidth import Bandwidth
from harness.faults.base import Evidence
from harness.faults.http_errors import HttpErrors
from harness.faults.kill import Kill
from harness.faults.latency import Latency
from harness.faults.lost_answers import LostAnswers
from harness.faults.partition import Partition
from harness.faults.pause import Pause
from harness.faults.refuse import Refuse
from harness.faults.reset import Reset


def inject_kill(service: str, instances: int = 1) -> list[Evidence]:
    """Kill (SIGKILL) so many instances of a service and hold them down."""
    return session().fault_instances(service, instances, lambda name: Kill(instance=name))


def inject_pause(service: str, instances: int = 1) -> list[Evidence]:
    """Freeze (SIGSTOP) so many instances of a service."""
    return session().fault_instances(service, instances, lambda name: Pause(instance=name))


def inject_latency(
    edge: str, latency_ms: float, jitter_ms: float = 0, percent: float = 100
) -> list[Evidence]:
    """Delay a share of an edge's requests."""
    return session().fault_edge(
        Latency(edge=edge, latency_ms=latency_ms, jitter_ms=jitter_ms, percent=percent)
    )


def inject_errors(edge: str, status: int = 503, percent: float = 100) -> list[Evidence]:
    """Answer a share of an edge's requests with an HTTP error, in the destination's stead."""
    return session().fault_edge(HttpErrors(edge=edge, status=status, percent=percent))


def inject_lost_answers(edge: str, percent: float = 100) -> list[Evidence]:
    """Pass an edge's requests on and lose the answers to a share of them."""
    return session().fault_edge(LostAnswers(edge=edge, percent=percent))


def inject_partition(edge: str) -> list[Evidence]:
    """Swallow all that an edge carries."""
    return session().fault_edge(Partition(edge=edge))


def inject_bandwidth(edge: str, kbytes_per_s: float) -> list[Evidence]:
    """Limit the rate of each connection of a tcp edge."""
    return session().fault_edge(Bandwidth(edge=edge, kbytes_per_s=kbytes_per_s))


def inject_reset(edge: str) -> list[Evidence]:
    """End the connections of a tcp edge with RST, new ones too."""
    return session().fault_edge(Reset(edge=edge))


def inject_refuse(edge: str) -> list[Evidence]:
    """Refuse new connections of a tcp edge and reset the open ones."""
    return session().fault_edge(Refuse(edge=edge))


def undo_all() -> str:
    """Undo every fault of this process and prove it. Raises FaultError that names what is left."""
    if not is_open():
        return "nothing was done"
    count = len(session().driver.held)
    failed = session().driver.undo_all()
    if failed:
        raise FaultError("; ".join(failed))
    return f"{count} undone"
