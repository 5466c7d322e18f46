"""What experiments do: short calls that put a fault on and prove it, and one that takes all away.

A fault stays on after its action has returned, until `undo_all`, the end of the process or the end
of its lease. Each raises FaultError when its fault is not proven; then it is undone already.
"""

from __future__ import annotations

from typing import Literal

from harness.chaos.canary import Canary
from harness.chaos.session import is_open, session
from harness.clock import SystemClock
from harness.errors import FaultError
from harness.faults.bandwidth import Bandwidth
from harness.faults.base import Evidence
from harness.faults.crash import Crash
from harness.faults.environment import Environment
from harness.faults.http_errors import HttpErrors
from harness.faults.kill import Kill
from harness.faults.latency import Latency
from harness.faults.limit_data import LimitData
from harness.faults.lost_answers import LostAnswers
from harness.faults.partition import Partition
from harness.faults.pause import Pause
from harness.faults.refuse import Refuse
from harness.faults.reset import Reset
from harness.faults.rollout_steps import Steps
from harness.faults.scale import Scale
from harness.faults.shift import Shift
from harness.faults.slicer import Slicer
from harness.faults.slow_close import SlowClose
from harness.faults.timeout import Timeout
from harness.targets.records import Direction

Chosen = Literal["all", "new"]


def inject_kill(service: str, instances: int = 1) -> list[Evidence]:
    """Kill (SIGKILL) `instances` instances of a service and hold them down."""
    return session().fault_instances(service, instances, lambda name: Kill(instance=name))


def inject_pause(service: str, instances: int = 1) -> list[Evidence]:
    """Freeze (SIGSTOP) `instances` instances of a service."""
    return session().fault_instances(service, instances, lambda name: Pause(instance=name))


def inject_environment(
    service: str, lives: list[dict[str, str]], instances: int = 1, deaths: int = 0
) -> list[Evidence]:
    """Restart `instances` instances with other environment variables, until it is undone.

    Each next life of them gets the next variables of `lives`, all further ones the last. While the
    fault is on they must end unasked `deaths` times, or the run does not count.
    """
    given = tuple(lives)
    return session().fault_instances(
        service, instances, lambda name: Environment(instance=name, lives=given, deaths=deaths)
    )


def inject_crash(service: str, instances: int = 1) -> list[Evidence]:
    """Kill the processes of `instances` instances in place; they are started again at once."""
    return session().fault_instances(service, instances, lambda name: Crash(instance=name))


def inject_drain(service: str) -> list[Evidence]:
    """Take the node of one instance of a service out of service: the whole system leaves it."""
    return session().drain(service)


def inject_rollout(service: str) -> list[Evidence]:
    """Replace all instances of a service by new ones, a few at a time."""
    return session().roll_out(service)


def inject_cut(edge: str) -> list[Evidence]:
    """Cut the network between the services of an edge, by the means of the cluster."""
    return session().cut(edge)


def inject_scale(service: str, replicas: int) -> list[Evidence]:
    """Give a service `replicas` instances, more or fewer than it has."""
    return session().scale(Scale(service=service, replicas=replicas))


def inject_latency(
    edge: str,
    latency_ms: float,
    jitter_ms: float = 0,
    percent: float = 100,
    *,
    connections: Chosen = "all",
    direction: Direction | None = None,
) -> list[Evidence]:
    """Delay a share of an http edge's requests, or the bytes of a share of tcp connections."""
    return session().fault_edge(
        Latency(
            edge=edge,
            latency_ms=latency_ms,
            jitter_ms=jitter_ms,
            percent=percent,
            connections=connections,
            direction=direction,
        )
    )


def inject_errors(edge: str, status: int = 503, percent: float = 100) -> list[Evidence]:
    """Answer a share of an edge's requests with an HTTP error, in the destination's stead."""
    return session().fault_edge(HttpErrors(edge=edge, status=status, percent=percent))


def inject_lost_answers(edge: str, percent: float = 100) -> list[Evidence]:
    """Pass an edge's requests on and lose the answers to a share of them."""
    return session().fault_edge(LostAnswers(edge=edge, percent=percent))


def inject_partition(
    edge: str,
    *,
    percent: float = 100,
    connections: Chosen = "all",
    direction: Direction | None = None,
) -> list[Evidence]:
    """Hold all that an edge carries; callers wait."""
    return session().fault_edge(
        Partition(
            edge=edge,
            percent=percent,
            connections=connections,
            direction=direction,
        )
    )


def inject_shift(edge: str, percent: float = 100) -> list[Evidence]:
    """Send a share of an edge's requests to the second version of its destination."""
    return session().fault_edge(Shift(edge=edge, percent=percent))


def inject_canary(
    edge: str,
    percents: list[float],
    step_s: float,
    *,
    failed_percent_max: float,
    requests_min: int = 5,
) -> list[Evidence]:
    """Shift growing shares of requests to the second version; roll back by itself if it fails.

    Returns after the last step, which stays until it is undone, or after the rollback.
    """
    steps = Steps(
        percents=tuple(percents),
        step_s=step_s,
        failed_percent_max=failed_percent_max,
        requests_min=requests_min,
    )
    return Canary(session(), SystemClock(), edge, steps).run()


def inject_bandwidth(
    edge: str,
    kbytes_per_s: float,
    *,
    percent: float = 100,
    connections: Chosen = "all",
    direction: Direction | None = None,
) -> list[Evidence]:
    """Limit the rate of connections of a tcp edge."""
    return session().fault_edge(
        Bandwidth(
            edge=edge,
            kbytes_per_s=kbytes_per_s,
            percent=percent,
            connections=connections,
            direction=direction,
        )
    )


def inject_slicer(
    edge: str,
    average_bytes: int,
    variation_bytes: int = 0,
    gap_ms: float = 0,
    *,
    percent: float = 100,
    connections: Chosen = "all",
    direction: Direction | None = None,
) -> list[Evidence]:
    """Pass the bytes of a tcp edge on in small slices."""
    return session().fault_edge(
        Slicer(
            edge=edge,
            average_bytes=average_bytes,
            variation_bytes=variation_bytes,
            gap_ms=gap_ms,
            percent=percent,
            connections=connections,
            direction=direction,
        )
    )


def inject_limit_data(
    edge: str,
    limit_bytes: int,
    *,
    percent: float = 100,
    connections: Chosen = "all",
    direction: Direction | None = None,
) -> list[Evidence]:
    """Close connections of a tcp edge after a number of bytes."""
    return session().fault_edge(
        LimitData(
            edge=edge,
            limit_bytes=limit_bytes,
            percent=percent,
            connections=connections,
            direction=direction,
        )
    )


def inject_slow_close(
    edge: str,
    delay_ms: float,
    *,
    percent: float = 100,
    connections: Chosen = "all",
    direction: Direction | None = None,
) -> list[Evidence]:
    """Pass the end of connections of a tcp edge on late."""
    return session().fault_edge(
        SlowClose(
            edge=edge,
            delay_ms=delay_ms,
            percent=percent,
            connections=connections,
            direction=direction,
        )
    )


def inject_timeout(
    edge: str,
    timeout_ms: float,
    *,
    percent: float = 100,
    connections: Chosen = "all",
    direction: Direction | None = None,
) -> list[Evidence]:
    """Pass nothing on and close connections of a tcp edge after a time."""
    return session().fault_edge(
        Timeout(
            edge=edge,
            timeout_ms=timeout_ms,
            percent=percent,
            connections=connections,
            direction=direction,
        )
    )


def inject_reset(
    edge: str, after_ms: float = 0, *, percent: float = 100, connections: Chosen = "all"
) -> list[Evidence]:
    """End connections of a tcp edge with RST, at both ends."""
    return session().fault_edge(
        Reset(edge=edge, after_ms=after_ms, percent=percent, connections=connections)
    )


def inject_refuse(edge: str, *, connections: Chosen = "all") -> list[Evidence]:
    """Refuse new connections of a tcp edge; reset the open ones, or leave them (`new`)."""
    return session().fault_edge(Refuse(edge=edge, connections=connections))


def undo_all() -> str:
    """Undo every fault of this process and prove it. Raises FaultError that names what is left."""
    if not is_open():
        return "nothing was done"
    count = len(session().driver.held)
    failed = session().driver.undo_all()
    if failed:
        raise FaultError("; ".join(failed))
    return f"{count} undone"
