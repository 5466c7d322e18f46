"""Defect: a repeated key is answered with an error instead of the stored answer."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from reference_services.chassis.problems import ProblemError
from reference_services.defects.parts.around import Around


class RefusesDuplicates(Around):
    """The sound handlers, but a replay is a bad request."""

    async def create(self, request: Request) -> Response:
        """POST /v1/payments."""
        answer: Response = await self._sound.create(request)
        if "idempotency-replayed" in answer.headers:
            return ProblemError(400, "duplicate", "this key was used before").response()
        return answer


SWAPS = {"payments.handlers": RefusesDuplicates}
