"""The HTTP service: endpoints, health, metrics, errors as problems, a clean shutdown."""

from __future__ import annotations

import gc
import logging
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Final, Protocol

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from reference_services.chassis import deadlines
from reference_services.chassis.body_limit import BodyLimit
from reference_services.chassis.errors import InvalidError, SettingsError
from reference_services.chassis.failpoints import AnswerDroppedError
from reference_services.chassis.logs import CURRENT, JsonHandler, Log, Trace, trace_of
from reference_services.chassis.metrics import Metrics
from reference_services.chassis.problems import ProblemError, json_answer, not_processed

Handler = Callable[[Request], Awaitable[Response]]
Ready = Callable[[], Awaitable[str]]

EXIT_SETTINGS: Final = 2
_LOOPBACK: Final = "127.0.0.1"  # HOST is set where callers have their own machine or pod
KEEPALIVE_S: Final = 75  # longer than any caller keeps an idle connection
GONE_S: Final = 30.0  # a dropped answer waits at most so long for its caller to leave


class Part(Protocol):
    """Something that lives as long as the service: started in order, stopped in reverse."""

    async def start(self) -> None:
        """Begin; return quickly."""

    async def stop(self) -> None:
        """End; bounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One method and path. Above `in_flight_max` requests it answers 503 Not-Processed at once."""

    method: str
    path: str
    handler: Handler
    in_flight_max: int = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a service ends after SIGTERM.

    `settle_s`: it is unready for so long before it takes no more connections (balancers look every
    0.25 s); then requests in flight have `drain_s`.
    """

    settle_s: float = 0.6
    drain_s: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A whole service, not yet listening. `ready` says why it cannot serve, "" if it can."""

    name: str
    log: Log
    metrics: Metrics
    endpoints: tuple[Endpoint, ...]
    parts: tuple[Part, ...]
    ready: Ready
    ending: Ending = Ending()


class Drain:
    """Whether the service is on its way out."""

    def __init__(self) -> None:
        self.since_s: float | None = None

    @property
    def active(self) -> bool:
        """Has SIGTERM come."""
        return self.since_s is not None


def required(environ: Mapping[str, str], name: str) -> str:
    """A variable that must be there. Raises SettingsError."""
    value = environ.get(name, "")
    if not value:
        raise SettingsError(f"{name} is not set")
    return value


def whole_number(
    environ: Mapping[str, str], name: str, usual: int, allowed: tuple[int, int]
) -> int:
    """A number within a range, or the usual one where it is not set. Raises SettingsError."""
    text = environ.get(name, str(usual))
    low, high = allowed
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(high))
    if not is_number or not low <= int(text) <= high:
        raise SettingsError(f"{name}: {text[:20]!r} is not allowed; write {low} to {high}")
    return int(text)


def port(environ: Mapping[str, str]) -> int:
    """PORT; 0 lets the machine choose (the `listening` line tells). Raises SettingsError."""
    text = required(environ, "PORT")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 5 else -1  # noqa: PLR2004  # digits of a port
    if not 0 <= number <= 65535:  # noqa: PLR2004  # the highest port
        raise SettingsError(f"PORT: {text[:20]!r} is not a port; write 0 to 65535")
    return number


def application(service: Service, drain: Drain) -> Starlette:
    """The ASGI application: the service's endpoints and /health, /ready, /metrics."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for part in service.parts:
                await part.start()
                stack.push_async_callback(part.stop)
            yield

    async def health(_: Request) -> Response:
        return json_answer({"status": "up"})

    async def ready(_: Request) -> Response:
        reason = "draining" if drain.active else await service.ready()
        return json_answer({"status": reason or "ready"}, 503 if reason else 200)

    async def metrics(_: Request) -> Response:
        return Response(service.metrics.exposition(), media_type="text/plain; version=0.0.4")

    plain = (Route("/health", health), Route("/ready", ready), Route("/metrics", metrics))
    routes = [Route(e.path, _observed(service, e), methods=[e.method]) for e in service.endpoints]
    return Starlette(
        routes=[*routes, *plain],
        lifespan=lifespan,
        middleware=[Middleware(BodyLimit)],
        exception_handlers={HTTPException: _plain_problem},
    )


async def _plain_problem(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    kind = "no-such-path" if status == 404 else "method-not-allowed"  # noqa: PLR2004  # HTTP
    return ProblemError(status, kind).response()


def _observed(service: Service, endpoint: Endpoint) -> Handler:
    """The handler with what surrounds every handler: limit, trace, problems, measurements."""
    metrics, label = service.metrics, f"{endpoint.method} {endpoint.path}"
    in_flight = 0

    async def observed(request: Request) -> Response:
        nonlocal in_flight
        if in_flight >= endpoint.in_flight_max:
            problem = not_processed("overloaded", "too many requests in flight", retry_after_s=1)
            return problem.response()
        started_s = time.perf_counter()
        in_flight += 1
        metrics.in_flight.inc()
        try:
            response = await _answer(service, endpoint, request)
        finally:
            in_flight -= 1
            metrics.in_flight.dec()
        metrics.answered(label, response.status_code, time.perf_counter() - started_s)
        return response

    return observed


async def _answer(service: Service, endpoint: Endpoint, request: Request) -> Response:
    CURRENT.set(trace_of(request.headers.get("traceparent")))
    try:
        deadlines.begin(request)
        return await endpoint.handler(request)
    except InvalidError as error:
        return ProblemError(422, "invalid-request", str(error)).response()
    except ProblemError as problem:
        return problem.response()
    except AnswerDroppedError:
        return await _nobody_hears(request)
    except ClientDisconnect:
        return Response(status_code=400)  # the caller has gone; nothing is sent
    except Exception as error:  # noqa: BLE001  # the process's edge: answer 500 and continue
        service.log.event("error", level="error", endpoint=endpoint.path, error=repr(error))
        return ProblemError(500, "internal-error").response()


async def _nobody_hears(request: Request) -> Response:
    """Send no answer: wait until the caller disconnects; the returned response is not sent."""
    end_s = time.monotonic() + GONE_S
    while time.monotonic() < end_s:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            break
    return Response(status_code=500)


def intent(key: str) -> None:
    """From here on the log lines of this request name its intent."""
    CURRENT.set(Trace(trace_id=CURRENT.get().trace_id, intent=key))


class DrainingServer(uvicorn.Server):
    """On SIGTERM or SIGINT: unready first, then no new connections, then exit 0."""

    def __init__(self, config: uvicorn.Config, drain: Drain, service: Service) -> None:
        super().__init__(config)
        self._drain, self._log = drain, service.log
        self._settle_s = service.ending.settle_s

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]  # we listen on PORT only
        """Listen, then say where."""
        del sockets
        await super().startup()
        number = self.servers[0].sockets[0].getsockname()[1] if self.started else 0
        self._log.event("listening", port=number)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  # uvicorn's
        """The first signal begins the drain, a second one ends it."""
        if self._drain.active:
            self.should_exit = True
        else:
            self._drain.since_s = time.monotonic()

    async def on_tick(self, counter: int) -> bool:
        """Called every 0.1 s by uvicorn."""
        since_s = self._drain.since_s
        if since_s is not None and time.monotonic() - since_s >= self._settle_s:
            self.should_exit = True
        return await super().on_tick(counter)


def run(build: Callable[[Mapping[str, str]], tuple[Service, int]]) -> None:
    """The `main` of a service: build it from the environment, serve until a signal, exit."""
    try:
        service, number = build(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(EXIT_SETTINGS)
    handler = JsonHandler(service.log)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    drain = Drain()
    config = uvicorn.Config(
        application(service, drain),
        host=os.environ.get("HOST", _LOOPBACK),
        port=number,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEPALIVE_S,
        timeout_graceful_shutdown=service.ending.drain_s,
    )
    gc.freeze()  # what lives as long as the process need not be looked at again
    DrainingServer(config, drain, service).run()
