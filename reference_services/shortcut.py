"""The short way of a request to its handler, past Starlette's middleware and router.

They cost a service that has three endpoints more than parsing the request does. Whatever matches
no endpoint (health, an unknown path, a wrong method, the lifespan) goes the long way, unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

Handler = Callable[[Request], Awaitable[Response]]


class Place(Protocol):
    """Where a handler answers: a method and a path with `{parameters}`."""

    @property
    def method(self) -> str:
        """GET, POST."""

    @property
    def path(self) -> str:
        """As Starlette writes it."""


class ShortCut:
    """An ASGI application: the given handlers at once, everything else by `long_way`."""

    def __init__(self, long_way: ASGIApp, handlers: Iterable[tuple[Place, Handler]]) -> None:
        self._long_way = long_way
        self._exact: dict[tuple[str, str], Handler] = {}
        self._patterns: list[tuple[str, re.Pattern[str], Handler]] = []
        for place, handler in handlers:
            if "{" in place.path:
                self._patterns.append((place.method, compile_path(place.path)[0], handler))
            else:
                self._exact[place.method, place.path] = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the lifespan."""
        handler = self._find(scope) if scope["type"] == "http" else None
        if handler is None:
            await self._long_way(scope, receive, send)
            return
        response = await handler(Request(scope, receive))
        await response(scope, receive, send)

    def _find(self, scope: Scope) -> Handler | None:
        method, path = scope["method"], scope["path"]
        exact = self._exact.get((method, path))
        if exact is not None:
            scope["path_params"] = {}
            return exact
        for wanted, pattern, handler in self._patterns:
            found = pattern.match(path) if wanted == method else None
            if found:
                scope["path_params"] = found.groupdict()
                return handler
        return None
