"""Waits until an experiment's start conditions hold; each answer is an event of the timeline."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from harness.clock import NS_PER_S, Clock
from harness.errors import TargetError
from harness.start_condition import (
    BreakerState,
    Condition,
    HttpAnswer,
    PromQuery,
    ReadyReplicas,
    When,
)
from harness.targets.base import Instances, Proof
from harness.timeline import Event, Timeline

ANSWER_S: Final = 2.0
LOOK_AGAIN_S: Final = 0.25
_ANSWER_BYTES_MAX: Final = 1_000_000


class StartConditions:
    """The conditions of one run. `events` reads the timeline so far; `entry` is the entry's URL."""

    def __init__(
        self,
        when: When,
        target: Instances,
        entry: str,
        events: Callable[[], tuple[Event, ...]],
    ) -> None:
        self._when, self._target = when, target
        self._entry, self._events = entry, events

    def wait(self, timeline: Timeline, clock: Clock, tick: Callable[[], None]) -> str:
        """Why they do not hold in time; "" if all do. `tick` is called at each look."""
        ends_ns = clock.monotonic_ns() + round(self._when.timeout_s * NS_PER_S)
        while True:
            found = [(one, self.look(one)) for one in self._when.all]
            lacking = [(one, proof) for one, proof in found if not proof.holds]
            if not lacking or clock.monotonic_ns() >= ends_ns:
                break
            tick()
            clock.sleep(LOOK_AGAIN_S)
        for one, proof in found:
            timeline.tell("run", "condition", one.kinds[0], "", holds=proof.holds, how=proof.how)
        if not lacking:
            return ""
        one, proof = lacking[0]
        limit = f"{self._when.timeout_s:g} s"
        return f"the start condition {one.kinds[0]} does not hold after {limit}: {proof.how}"

    def look(self, one: Condition) -> Proof:
        """Whether it holds now. An error of the question is an answer: it does not hold."""
        try:
            if one.ready is not None:
                return self._ready(one.ready)
            if one.breaker is not None:
                return self._breaker(one.breaker)
            if one.http is not None:
                return self._http(one.http)
            return self._promql(one.promql) if one.promql else Proof(False, "no condition")
        except (TargetError, OSError, ValueError) as error:
            return Proof(False, f"{type(error).__name__}: {error}"[:300])

    def _ready(self, asked: ReadyReplicas) -> Proof:
        mine = [i for i in self._target.instances() if i.service == asked.service]
        ready = [i for i in mine if i.state == "ready"]
        holds = len(ready) == len(mine) == asked.replicas
        return Proof(holds, f"{len(ready)} of {len(mine)} instances of {asked.service} are ready")

    def _breaker(self, asked: BreakerState) -> Proof:
        found = [e for e in self._events() if e.kind == "breaker" and e.name == asked.edge]
        states = {e.target: str(e.data.get("after", "")) for e in found}
        wrong = {state for state in states.values() if state != asked.state}
        holds = not wrong and (bool(states) or asked.state == "closed")
        seen = ", ".join(f"{who}: {state}" for who, state in states.items()) or "no event"
        return Proof(holds, f"breaker of {asked.edge}: {seen}")

    def _http(self, asked: HttpAnswer) -> Proof:
        url = f"{self._entry}{asked.url}" if asked.url.startswith("/") else asked.url
        status, _ = _get(url)
        return Proof(status == asked.status, f"{url} answers {status}")

    def _promql(self, asked: PromQuery) -> Proof:
        url = f"{asked.url.rstrip('/')}/api/v1/query?{urlencode({'query': asked.query})}"
        status, raw = _get(url)
        if status != HTTPStatus.OK:
            return Proof(False, f"{asked.url} answers {status}")
        value = _first_value(json.loads(raw))
        if value is None:
            return Proof(False, f"{asked.query}: no value")
        low = asked.at_least is None or value >= asked.at_least
        high = asked.at_most is None or value <= asked.at_most
        return Proof(low and high, f"{asked.query}: {value:g}")


def _first_value(answer: Any) -> float | None:  # noqa: ANN401  # any JSON document
    """Of a scalar or of the first series of a vector; NaN compares with nothing and never holds."""
    try:
        data = answer["data"]
        pair = data["result"] if data["resultType"] == "scalar" else data["result"][0]["value"]
        return float(pair[1])
    except (KeyError, IndexError, TypeError, ValueError):
        return None


def _get(url: str) -> tuple[int, bytes]:
    """Status and body. Raises OSError."""
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_S) as answer:  # noqa: S310  # the file's pattern allows http and https only
            return answer.status, answer.read(_ANSWER_BYTES_MAX)
    except urllib.error.HTTPError as error:
        return error.code, b""
