"""How long the system called itself ready while nothing that was asked of it went well.

An instance that says that it is ready gets requests. Where none of them can go well, callers wait
or are refused by a service that a balancer would have left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from harness.load.traffic import US_PER_S
from harness.timeline import Event
from reports.measures.cohorts import Block, Flags

SLOT_S: Final = 0.05
_SLOT_US: Final = round(SLOT_S * US_PER_S)


class ServedTally:
    """In which slots of the load some intent came to a good end."""

    def __init__(self, load_s: float) -> None:
        self._served = np.zeros(int(load_s / SLOT_S) + 1, dtype=np.bool_)

    def add(self, block: Block) -> None:
        """Take in what comes next."""
        captured_us = block.cohorts.captured_us
        slots = captured_us[captured_us >= 0] // _SLOT_US
        self._served[slots[slots < len(self._served)]] = True

    def result(self) -> Flags:
        """One place a slot."""
        return self._served


def ready_in_vain_s(
    served: Flags, events: Iterable[Event], service: str, begin_s: float, t0_mono_ns: int
) -> float | None:
    """The longest time without a good end in which an instance of the service was ready.

    `begin_s`: what comes before does not count. None without a state of an instance.
    """
    ready = _ready(events, service, len(served), t0_mono_ns)
    if ready is None:
        return None
    in_vain = ready & ~served
    in_vain[: int(begin_s / SLOT_S)] = False
    edges = np.flatnonzero(np.diff(np.concatenate(([0], in_vain.view(np.int8), [0]))))
    lengths = edges[1::2] - edges[::2]
    return round(float(lengths.max(initial=0)) * SLOT_S, 3)


def _ready(events: Iterable[Event], service: str, size: int, t0_mono_ns: int) -> Flags | None:
    """In which slots at least one instance of the service called itself ready."""
    by_name: dict[str, list[tuple[int, bool]]] = {}
    for event in events:
        name = event.target or event.name
        is_told = event.source == "target" and event.kind == "instance"
        if is_told and (name == service or name.startswith(f"{service}-")):
            slot = min(max(int(event.at_s(t0_mono_ns) / SLOT_S), 0), size)
            by_name.setdefault(name, []).append((slot, event.data.get("state") == "ready"))
    if not by_name:
        return None
    found = np.zeros(size, dtype=np.bool_)
    for told in by_name.values():
        ends = [slot for slot, _ in told[1:]] + [size]
        for (begin, is_ready), end in zip(told, ends, strict=True):
            if is_ready:
                found[begin:end] = True
    return found
