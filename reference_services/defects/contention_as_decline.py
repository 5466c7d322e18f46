"""Defect: a busy database is answered as "insufficient funds"."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from reference_services.chassis.database import AnswerLostError, NothingHappenedError
from reference_services.chassis.problems import ProblemError, unknown
from reference_services.chassis.service import Handler
from reference_services.ledger.app import Translate


def _declines(_: Translate) -> Translate:
    def translated(handler: Handler) -> Handler:
        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            except NothingHappenedError as error:
                raise ProblemError(402, "insufficient-funds", str(error)) from error
            except AnswerLostError as error:
                raise unknown("database-answer-lost", str(error)) from error

        return handle

    return translated


SWAPS = {"ledger.translation": _declines}
