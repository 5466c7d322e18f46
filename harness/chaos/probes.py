"""What experiments ask of the system before and after: cheap questions with a plain answer."""

from __future__ import annotations

import http.client
from http import HTTPStatus
from typing import Final

from harness.chaos.session import session
from harness.faults.on_edge import find_edge

_ANSWER_S: Final = 2.0


def all_ready() -> bool:
    """Whether every instance is ready; never true of a system without instances."""
    instances = session().target.instances()
    return bool(instances) and all(i.state == "ready" for i in instances)


def entry_answers(
    edge: str = "payer>payments",
    path: str = "/v1/payments/steady-state-probe",
    status: int = HTTPStatus.NOT_FOUND,
) -> bool:
    """Whether a GET through an edge is answered with that status within two seconds.

    By default it asks for a payment that nobody made: only a working system can deny it.
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
