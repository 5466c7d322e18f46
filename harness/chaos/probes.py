"""What experiments ask of the system before and after: cheap questions with a plain answer."""

from __future__ import annotations

import http.client
from http import HTTPStatus
from typing import Final

from harness.chaos.session import session
from harness.clock import NS_PER_S, Clock, SystemClock
from harness.errors import ConfigError
from harness.faults.on_edge import find_edge
from harness.targets.base import Instances, able

_ANSWER_S: Final = 2.0
_MAX_WITHIN_S: Final = 60.0
_LOOK_AGAIN_S: Final = 0.1


def all_ready(within_s: float = 0.0) -> bool:
    """Whether every instance is ready, at the latest after `within_s` (0 to 60 s).

    After the method a system may need some time until it is back in its steady state. A system
    without instances is never ready. Raises ConfigError for another time.
    """
    if not 0 <= within_s <= _MAX_WITHIN_S:
        raise ConfigError(f"within_s: {within_s!r}: write 0 to {_MAX_WITHIN_S:g} seconds")
    return ready_within(able(session().target, Instances), within_s, SystemClock())


def ready_within(target: Instances, within_s: float, clock: Clock) -> bool:
    """Whether every instance of a target is ready, now or until the time is up."""
    ends_ns = clock.monotonic_ns() + round(within_s * NS_PER_S)
    while True:
        instances = target.instances()
        if instances and all(i.state == "ready" for i in instances):
            return True
        if clock.monotonic_ns() >= ends_ns:
            return False
        clock.sleep(_LOOK_AGAIN_S)


def entry_answers(
    edge: str = "payer>payments",
    path: str = "/v1/payments/steady-state-probe",
    status: int = HTTPStatus.NOT_FOUND,
) -> bool:
    """Whether a GET through an edge is answered with that status within two seconds.

    By default it asks for a payment that does not exist: only a working system answers 404.
    """
    address = find_edge(session().target, edge).address
    connection = http.client.HTTPConnection(address, timeout=_ANSWER_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == status
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
