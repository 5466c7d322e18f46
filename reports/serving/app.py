"""The HTTP side: GET /verdict, and the two hooks of Flagger; nothing can be changed through it.

Argo Rollouts reads /verdict and compares the word. Flagger calls a hook and looks at the status
only: confirm-promotion answers 200 on PASS alone, rollback on FAIL alone, otherwise 403. A folder
that cannot be judged is INVALID, so it neither promotes nor rolls back.
"""

from __future__ import annotations

import hmac
import threading
from http import HTTPStatus
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.errors import HarnessError
from reports.serving.answer import Answer, Read, Told

_HOOKS: Final[dict[str, Told]] = {"confirm-promotion": "PASS", "rollback": "FAIL"}
_JSON: Final = "application/json"


def verdict_app(read: Read, token: str = "") -> Starlette:
    """The application; with a token every request needs `Authorization: Bearer TOKEN`."""
    lock = threading.Lock()

    def answer() -> Answer:
        with lock:
            try:
                return read()
            except (HarnessError, OSError) as error:
                return Answer(verdict="INVALID", reasons=(str(error),))

    def refused(request: Request) -> Response | None:
        given = request.headers.get("authorization", "")
        if not token or hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return None
        return _said({"title": "no or wrong token"}, HTTPStatus.UNAUTHORIZED)

    def verdict(request: Request) -> Response:
        return refused(request) or _said(answer(), HTTPStatus.OK)

    def hook(request: Request) -> Response:
        wanted = _HOOKS.get(request.path_params["hook"])
        if wanted is None:
            return _said({"title": "no such hook"}, HTTPStatus.NOT_FOUND)
        if no := refused(request):
            return no
        told = answer()
        is_so = told.verdict == wanted
        return _said(told, HTTPStatus.OK if is_so else HTTPStatus.FORBIDDEN)

    return Starlette(
        routes=[
            Route("/verdict", verdict, methods=["GET"]),
            Route("/flagger/{hook}", hook, methods=["GET", "POST"]),
        ]
    )


def _said(what: Answer | dict[str, str], status: HTTPStatus) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(msgspec.json.encode(what), status, headers, _JSON)
