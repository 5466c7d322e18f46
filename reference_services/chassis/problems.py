"""Answers: JSON bodies, problem+json for what went wrong (RFC 9457), streams for evidence.

ProblemError   a handler's way to answer with a problem
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from reference_services.chassis.logs import Field

Sink = Callable[[bytes], Awaitable[None]]
NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"
EVIDENCE_VERSION: Final = b"evidence-version"
_SENT_AT_ONCE: Final = 1 << 17
NOT_PROCESSED: Final = {"Not-Processed": "true"}  # nothing happened: safe to retry


class ProblemError(Exception):
    """Raised by a handler: `kind` is a short stable name, `extra` further members of the body."""

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Field] | None = None,
    ) -> None:
        super().__init__(f"{status} {kind}: {detail}")
        self.status, self.kind, self.detail = status, kind, detail
        self.headers, self.extra = dict(headers or {}), dict(extra or {})

    def response(self) -> Response:
        """The problem as an answer."""
        body = {
            **self.extra,
            "type": f"urn:squall:problem:{self.kind}",
            "title": self.kind.replace("-", " "),
            "status": self.status,
            "detail": self.detail,
        }
        return Response(
            msgspec.json.encode(body), self.status, self.headers, "application/problem+json"
        )


def not_processed(kind: str, detail: str, *, retry_after_s: float | None = None) -> ProblemError:
    """503: nothing happened, the same request may be sent again; say when only if it is known."""
    return ProblemError(503, kind, detail, headers={**NOT_PROCESSED, **_retry_after(retry_after_s)})


def unknown(kind: str, detail: str, *, retry_after_s: float | None = None) -> ProblemError:
    """503 without a promise: it may have happened; the same key finds out."""
    return ProblemError(503, kind, detail, headers=_retry_after(retry_after_s))


def _retry_after(seconds: float | None) -> dict[str, str]:
    """Whole seconds, rounded up: Retry-After takes no fractions."""
    return {} if seconds is None else {"Retry-After": str(math.ceil(seconds))}


def json_answer(
    body: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON body (a msgspec struct or plain data)."""
    return Response(msgspec.json.encode(body), status, headers, "application/json")


class EvidenceResponse(Response):
    """Streams rows as `produce` hands them over; if it fails, the answer is cut, never whole.

    `version` was read before the rows and changes with every change of them: a reader that finds
    it unchanged later (HEAD costs no rows) knows that the rows are the state of that moment.
    """

    def __init__(
        self, produce: Callable[[Sink], Awaitable[None]], media_type: str, version: str
    ) -> None:
        super().__init__(media_type=media_type)
        self._produce, self._version = produce, version

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send the head, the rows, the end; a database hands out few of them at a time."""
        headers = [
            (b"content-type", (self.media_type or "").encode()),
            (EVIDENCE_VERSION, self._version.encode()),
        ]
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        held = bytearray()

        async def sink(chunk: bytes) -> None:
            held.extend(chunk)
            if len(held) >= _SENT_AT_ONCE:
                body = bytes(held)
                held.clear()
                await send({"type": "http.response.body", "body": body, "more_body": True})

        await self._produce(sink)
        await send({"type": "http.response.body", "body": bytes(held), "more_body": False})
