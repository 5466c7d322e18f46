"""Hand-written ends for the resilience stack: a scripted transport, a clock, an observer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

import httpx

from reference_services.resilience.deadline import DEADLINE
from reference_services.resilience.observer import Move

Outcome = int | Exception | tuple[int, dict[str, str]]
EDGE = "payments>ledger"


def request(deadline_s: float = 1000.0) -> httpx.Request:
    return httpx.Request(
        "POST", "http://127.0.0.1:1/v1", content=b"{}", extensions={DEADLINE: deadline_s}
    )


@dataclass(slots=True)
class ManualTime:
    """A clock that the test moves."""

    now_s: float = 100.0
    slept_s: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        self.now_s += seconds


class Scripted(httpx.AsyncBaseTransport):
    """Answers with statuses or raises, in order; the last outcome repeats. Can hold its calls."""

    def __init__(
        self, outcomes: Iterable[Outcome], clock: ManualTime | None = None, took_s: float = 0.0
    ) -> None:
        self._outcomes = list(outcomes)
        self._clock, self._took_s = clock, took_s
        self.calls = 0
        self.limits: list[dict[str, float]] = []
        self.told_ms: list[int] = []
        self.gate: asyncio.Event | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        outcome = self._outcomes[min(self.calls, len(self._outcomes) - 1)]
        self.calls += 1
        self.limits.append(request.extensions.get("timeout", {}))
        self.told_ms.append(int(request.headers.get("request-timeout-ms", "0")))
        if self._clock is not None:
            self._clock.now_s += self._took_s
        if self.gate is not None:
            await self.gate.wait()
        if isinstance(outcome, Exception):
            raise outcome
        status, headers = (outcome, {}) if isinstance(outcome, int) else outcome
        return httpx.Response(status, headers=headers, request=request)


@dataclass(slots=True)
class Heard:
    """Keeps the calls of the resilience layers."""

    calls: int = 0
    retries: int = 0
    refused_retries: int = 0
    rejections: list[str] = field(default_factory=list)
    moves: list[tuple[str, str]] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    probes: list[int] = field(default_factory=list)

    def called(self, edge: str) -> None:
        del edge
        self.calls += 1

    def retried(self, edge: str) -> None:
        del edge
        self.retries += 1

    def retry_refused(self, edge: str) -> None:
        del edge
        self.refused_retries += 1

    def rejected(self, edge: str, why: str) -> None:
        del edge
        self.rejections.append(why)

    def moved(self, edge: str, move: Move) -> None:
        del edge
        self.moves.append((move.before, move.after))
        self.reasons.append(move.reason)
        if move.before == "half-open":
            self.probes.append(move.probes)
