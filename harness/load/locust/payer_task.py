"""Carries a payer (harness/load/payer.py) with the client of a Locust HTTP user."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

import gevent

from harness.load.locust.failures import error_class
from harness.load.payer import Answer, Learned, Payer, Payers, Request, Wait
from harness.load.records import ErrorClass, Outcome


def carry(user: Any, payers: Payers) -> None:  # noqa: ANN401  # Locust is untyped
    """Do all that the payer of this user's intent asks for.

    While the payer waits, the task ends and the user is free; any user carries the payer on.
    """
    _go_on(payers.payer(user.intent.made_for), user)


def _go_on(payer: Payer, user: Any) -> None:  # noqa: ANN401  # as above
    while (wait_s := _attempt(payer, user)) is not None:
        if user.intent.pause(wait_s, partial(_go_on, payer)):
            return
        gevent.sleep(wait_s)


def _attempt(payer: Payer, user: Any) -> float | None:  # noqa: ANN401  # as above
    """Send the next request; how long the payer waits then, None when it is done."""
    request = cast("Request", next(payer))
    intent = user.intent
    with user.client.request(
        request.method,
        request.path,
        name=request.name,
        data=request.body or None,
        headers=dict(request.headers),
        catch_response=True,
        effect=request.effect,
    ) as response:
        learned = cast("Learned", payer.send(_answer(response, intent.now_s)))
        intent.learned = learned
        if learned.outcome is Outcome.OK:
            response.success()
        else:
            said = f"{learned.outcome.name}: HTTP {response.status_code}"
            response.failure(getattr(response, "error", None) or said)
    wait = next(payer, None)
    return wait.seconds if isinstance(wait, Wait) else None


def _answer(response: Any, at_s: float) -> Answer:  # noqa: ANN401  # as above
    status = response.status_code
    if not status:
        return Answer(0, error_class(response.error), at_s=at_s)
    headers = response.headers
    return Answer(status, ErrorClass.NONE, response.content or b"", headers, at_s)
