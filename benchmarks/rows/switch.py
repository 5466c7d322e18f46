"""Row switch: how long after the call a fault bites, and how long after the next it has gone."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import uvloop

from benchmarks.measuring import Case, Figures, Row
from benchmarks.proxies import Proxy, Start
from benchmarks.proxy_load import Asked, Load, awake, load, server
from benchmarks.proxy_peers import row_beside_peers

DELAY_MS: Final = 20
TOGGLES: Final = 24
_ON_S, _OFF_S, _JITTER_S = 0.12, 0.1, 0.02
_LEAD_S: Final = 0.5
_SEED: Final = 1

MEANING: Final = "from the call that switches a fault to the first request that shows it"
CASES: Final = (
    Case(name="on, first affected", unit="ms", goal=0.35),
    Case(name="off, first clean", unit="ms", goal=0.5),
    Case(name="on, call", unit="ms"),
    Case(name="off, call", unit="ms"),
)


class Toggle(NamedTuple):
    """When the delay was asked for and taken away, before and after each call; ns."""

    on: int
    is_on: int
    off: int
    is_off: int


def measure(start: Start) -> Figures:
    """Medians over the toggles, under one closed-loop connection."""
    seconds = _LEAD_S + TOGGLES * (_ON_S + _OFF_S + 2 * _JITTER_S) + 0.2
    with (
        awake(),
        server() as upstream,
        start(upstream) as proxy,
        tempfile.TemporaryDirectory() as folder,
    ):
        load(proxy.port, 1, 0.3)
        client = Load(proxy.ports, 1, seconds, Path(folder))
        toggles = uvloop.run(_toggle(proxy))
        asked = client.result()
    return reactions(asked, toggles)


async def _toggle(proxy: Proxy) -> tuple[Toggle, ...]:
    draw, now, toggles = random.Random(_SEED), time.monotonic_ns, []
    await asyncio.sleep(_LEAD_S)
    for _ in range(TOGGLES):
        on = now()
        await proxy.set_delay(DELAY_MS)
        is_on = now()
        await asyncio.sleep(_ON_S + _JITTER_S * draw.random())
        off = now()
        await proxy.set_delay(0)
        toggles.append(Toggle(on, is_on, off, now()))
        await asyncio.sleep(_OFF_S + _JITTER_S * draw.random())
    return tuple(toggles)


def reactions(asked: Asked, toggles: tuple[Toggle, ...]) -> Figures:
    """From each call to the start of the first request after it that was (not) delayed, ms."""
    slow = asked.took_ms > DELAY_MS / 2
    slow_ns, clean_ns = asked.sent_ns[slow], asked.sent_ns[~slow]
    return {
        "on, first affected": _median_ms(
            [_first(slow_ns, t.on, t.off) - t.on for t in toggles],
        ),
        "off, first clean": _median_ms(
            [_first(clean_ns, t.off, t.off + 10**9) - t.off for t in toggles],
        ),
        "on, call": _median_ms([t.is_on - t.on for t in toggles]),
        "off, call": _median_ms([t.is_off - t.off for t in toggles]),
    }


def _first(starts_ns: np.ndarray[tuple[int], np.dtype[np.int64]], since: int, until: int) -> int:
    """The first start in that time. Raises ValueError if there is none."""
    found = starts_ns[(starts_ns >= since) & (starts_ns < until)]
    if not len(found):
        raise ValueError("no request shows what the call has changed")
    return int(found.min())


def _median_ms(spans_ns: list[int]) -> float:
    return float(np.median(spans_ns)) / 1e6


def row() -> Row:
    """A delay of 20 ms, on and off."""
    return row_beside_peers("switch", MEANING, CASES, measure)
