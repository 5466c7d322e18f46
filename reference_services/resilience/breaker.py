"""One breaker for each edge, in memory; the only file that imports pybreaker.

pybreaker is the state machine (closed, open, half-open) and calls its listener. This file does the
parts that pybreaker gets wrong under asyncio: admission, stale outcomes, and the clock.

`Admission` is the layer above the bulkhead: a rejected call takes no place there. `Outcomes` is the
layer below it: time spent in the queue of the bulkhead does not count as a slow call.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

import httpx
import pybreaker

from reference_services.resilience.errors import BreakerOpenError, RefusedError
from reference_services.resilience.observer import EdgeObserver, Move
from reference_services.resilience.policy import BreakerPolicy, EdgePolicy

SERVER_ERROR: Final = 500
PERMIT: Final = "permit"  # httpx request extensions: leave claimed beforehand,
TICKET: Final = "ticket"  # and the ticket that this call was admitted with
_NEVER: Final = 2**62  # consecutive failures alone never trip it: the window decides
_PROBE_WAIT_S: Final = 0.05


class _ProbeFailedError(Exception):
    """Tells pybreaker that the probe failed; it is caught in this file."""


def _fail() -> None:
    raise _ProbeFailedError


def _succeed() -> None:
    """Tells pybreaker that the probe went well."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Admits one call. Its outcome counts only while `generation` is the breaker's."""

    generation: int
    probe: bool


class Window:
    """The outcomes of the last calls, bounded in number and in age."""

    def __init__(self, policy: BreakerPolicy) -> None:
        self._policy = policy
        self._outcomes: deque[tuple[float, bool]] = deque()
        self._bad = 0

    def add(self, now_s: float, *, bad: bool) -> None:
        """Remember one outcome, forget what is too old or too many."""
        self._outcomes.append((now_s, bad))
        self._bad += bad
        oldest_s = now_s - self._policy.window_s
        while len(self._outcomes) > self._policy.window_calls or self._outcomes[0][0] < oldest_s:
            self._bad -= self._outcomes.popleft()[1]

    def verdict(self) -> str:
        """Why the breaker must open, or "" if it need not."""
        calls = len(self._outcomes)
        if calls < self._policy.min_calls or self._bad < calls * self._policy.bad_ratio:
            return ""
        return f"{self._bad} of the last {calls} calls failed or were slow"

    def clear(self) -> None:
        """Forget everything."""
        self._outcomes.clear()
        self._bad = 0


class _Listener(pybreaker.CircuitBreakerListener):
    """Hands pybreaker's transitions to our breaker."""

    def __init__(self, moved: Callable[[str, str], None]) -> None:
        self._moved = moved

    def state_change(
        self,
        cb: pybreaker.CircuitBreaker,  # noqa: ARG002  # the signature is pybreaker's
        old_state: pybreaker.CircuitBreakerState | None,
        new_state: pybreaker.CircuitBreakerState,
    ) -> None:
        """One transition."""
        self._moved("" if old_state is None else old_state.name, new_state.name)


class EdgeBreaker:
    """Admission and outcomes of one edge. No await inside: atomic within one event loop."""

    def __init__(
        self,
        policy: EdgePolicy,
        observer: EdgeObserver,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._edge, self._policy = policy.edge, policy.breaker
        self._observer, self._now = observer, now
        self._window = Window(policy.breaker)
        self._generation = 0
        self._probes, self._most_probes = 0, 0  # under way now, and at once since half-open began
        self._opened_s, self._reason = 0.0, ""
        self._machine = pybreaker.CircuitBreaker(
            fail_max=_NEVER,
            name=policy.edge,
            throw_new_error_on_trip=False,
            listeners=[_Listener(self._moved)],
        )

    @property
    def state(self) -> str:
        """`closed`, `open` or `half-open`."""
        return str(self._machine.current_state)

    def retry_after_s(self) -> float:
        """0 if a call would be admitted now, else how long to wait."""
        state = self.state
        if state == pybreaker.STATE_OPEN:
            return max(self._opened_s + self._policy.open_s - self._now(), 0.0)
        if state == pybreaker.STATE_HALF_OPEN and self._probes:
            return _PROBE_WAIT_S
        return 0.0

    def admit(self) -> Ticket:
        """Leave for one call; raises BreakerOpenError. In half-open one probe at a time."""
        wait_s = self.retry_after_s()
        if wait_s > 0:
            self._observer.rejected(self._edge, "breaker")
            raise BreakerOpenError(self._edge, wait_s)
        if self.state == pybreaker.STATE_OPEN:
            self._reason = "open long enough: one probe"
            self._machine.half_open()
        probe = self.state == pybreaker.STATE_HALF_OPEN
        self._probes += probe
        self._most_probes = max(self._most_probes, self._probes)
        return Ticket(self._generation, probe)

    def report(self, ticket: Ticket, *, bad: bool) -> None:
        """The outcome of an admitted call. Of a call from before a transition: ignored."""
        if ticket.generation != self._generation:
            return
        if ticket.probe:
            self._judge_probe(bad=bad)
            return
        self._window.add(self._now(), bad=bad)
        self._reason = self._window.verdict() if bad else ""
        if self._reason:
            self._machine.open()

    def is_current(self, ticket: Ticket) -> bool:
        """Whether the breaker has not moved since the ticket was given."""
        return ticket.generation == self._generation

    def release(self, ticket: Ticket) -> None:
        """The call ended without an outcome (cancelled, refused by us): another may probe."""
        if ticket.probe and ticket.generation == self._generation:
            self._probes -= 1

    def _judge_probe(self, *, bad: bool) -> None:
        self._reason = "the probe failed" if bad else "the probe went well"
        try:
            self._machine.call(_fail if bad else _succeed)
        except _ProbeFailedError:
            return

    def _moved(self, before: str, after: str) -> None:
        self._generation += 1
        probes, self._probes, self._most_probes = self._most_probes, 0, 0
        self._window.clear()
        if after == pybreaker.STATE_OPEN:
            self._opened_s = self._now()
        self._observer.moved(self._edge, Move(before, after, self._reason, probes))


class Permit:
    """Leave to make a call, claimed before anything is begun; a context manager that gives it back.

    The first call uses the claimed ticket. Later calls, and a call after the breaker has moved, ask
    for a new one.
    """

    def __init__(self, breaker: EdgeBreaker) -> None:
        self._breaker = breaker
        self._ticket: Ticket | None = breaker.admit()

    def take(self) -> Ticket:
        """A ticket for one call. Raises BreakerOpenError."""
        ticket, self._ticket = self._ticket, None
        if ticket is not None and self._breaker.is_current(ticket):
            return ticket
        return self._breaker.admit()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._ticket is not None:
            self._breaker.release(self._ticket)
            self._ticket = None


class Admission(httpx.AsyncBaseTransport):
    """Admits a call before it takes a place in the bulkhead; gives an unused probe back."""

    def __init__(self, inner: httpx.AsyncBaseTransport, breaker: EdgeBreaker) -> None:
        self._inner, self._breaker = inner, breaker

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass on if admitted, or raise BreakerOpenError."""
        permit: Permit | None = request.extensions.get(PERMIT)
        ticket = self._breaker.admit() if permit is None else permit.take()
        request.extensions[TICKET] = ticket
        try:
            return await self._inner.handle_async_request(request)
        finally:
            self._breaker.release(ticket)  # no effect once its outcome was reported

    async def aclose(self) -> None:
        """Close the layers below."""
        await self._inner.aclose()


class Outcomes(httpx.AsyncBaseTransport):
    """Reports how each call went. No lock of pybreaker is held during the call."""

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        policy: EdgePolicy,
        breaker: EdgeBreaker,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner, self._breaker, self._now = inner, breaker, now
        self._slow_s = policy.breaker.slow_s

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Transport errors, 5xx and slow answers are bad; our own refusals are neutral."""
        ticket: Ticket = request.extensions[TICKET]
        started_s = self._now()
        try:
            response = await self._inner.handle_async_request(request)
        except (RefusedError, httpx.PoolTimeout):
            raise  # our own limit says nothing about the other side
        except httpx.TransportError:
            self._breaker.report(ticket, bad=True)
            raise
        slow = self._now() - started_s > self._slow_s
        self._breaker.report(ticket, bad=slow or self.is_failure(response.status_code))
        return response

    def is_failure(self, status: int) -> bool:
        """Whether an answer of this status says that the other side is not well."""
        return status >= SERVER_ERROR

    async def aclose(self) -> None:
        """Close the layers below."""
        await self._inner.aclose()
