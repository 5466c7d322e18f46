"""Middleware that refuses a body above its limit, declared or not, before a handler parses it."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reference_services.chassis.problems import ProblemError

BODY_BYTES_MAX: Final = 16_384  # the largest request of any service has less than 1 KB


class BodyLimit:
    """Answers 413 if Content-Length is above the limit; a longer body raises ProblemError."""

    def __init__(self, app: ASGIApp, bytes_max: int = BODY_BYTES_MAX) -> None:
        self._app, self._bytes_max = app, bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; any other scope passes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        if declared.isascii() and declared.isdecimal() and int(declared) > self._bytes_max:
            await self._too_large().response()(scope, receive, send)
            return
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._bytes_max:
                raise self._too_large()
            return message

        await self._app(scope, limited, send)

    def _too_large(self) -> ProblemError:
        text = f"the body is longer than {self._bytes_max} bytes"
        return ProblemError(413, "body-too-large", text)
