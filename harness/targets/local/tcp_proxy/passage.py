"""One direction of one connection: what has arrived and not yet gone on; pure, given the time.

Items leave in the order of their arrival, in pieces, none before it is due.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from harness.targets.local.tcp_proxy.stages import NEVER, PIECE_S, Item, Mark, Stage, length_of

HELD_BYTES_MAX: Final = 262_144
HELD_ITEMS_MAX: Final = 4_096
_HELD_BYTES_EVER: Final = 8_388_608  # with a rate and a latency at once: their product, up to this
# So late may a piece be without its line's time being lost.
LATE_NS: Final = 250_000_000


@dataclass(slots=True)
class _Held:
    arrived_ns: int
    ready_ns: float
    item: Item


class Passage:
    """Stages are kept while other faults come and go; held items are scheduled again each time."""

    __slots__ = ("_gone", "_last_ns", "_piece", "_queue", "_stages", "held_bytes", "held_max")

    def __init__(self) -> None:
        self._stages: tuple[Stage, ...] = ()
        self._queue: deque[_Held] = deque()
        self._last_ns = 0.0
        self._gone = 0  # bytes of the first item that have gone
        self._piece: tuple[int, float] | None = None  # the next: its length, when it is due
        self.held_bytes = 0
        self.held_max = HELD_BYTES_MAX

    @property
    def stages(self) -> tuple[Stage, ...]:
        """In the order of their faults."""
        return self._stages

    @property
    def is_empty(self) -> bool:
        """Whether nothing is held."""
        return not self._queue

    @property
    def is_full(self) -> bool:
        """Whether no more should be read."""
        return self.held_bytes >= self.held_max or len(self._queue) >= HELD_ITEMS_MAX

    @property
    def has_room(self) -> bool:
        """Whether to read on, after it was full."""
        return self.held_bytes < self.held_max // 2 and len(self._queue) < HELD_ITEMS_MAX // 2

    @property
    def is_free(self) -> bool:
        """Whether nothing is held and no fault touches what comes."""
        return not self._queue and not self._stages

    def put(self, now_ns: int, item: Item) -> None:
        """It has arrived."""
        for stage in self._stages:
            stage.count(item)
        self._queue.append(_Held(now_ns, self._ready_ns(now_ns, item), item))
        self.held_bytes += length_of(item)

    def next_ns(self) -> float:
        """When the next piece is due; NEVER if nothing is held, or all is held back."""
        if self._piece is None:
            if not self._queue:
                return NEVER
            self._piece = self._plan(self._queue[0])
        return self._piece[1]

    def take(self, now_ns: int) -> Item | None:
        """The next piece, or None if none is due."""
        if self.next_ns() > now_ns or self._piece is None:
            return None
        if now_ns - self._piece[1] > LATE_NS:
            self.stalled(now_ns - LATE_NS)
        first = self._queue[0]
        if isinstance(first.item, Mark):
            self._piece = None
            self._queue.popleft()
            return first.item
        return self._cut_off(first, first.item)

    def stalled(self, until_ns: int) -> None:
        """The other side took nothing until then: the time of no line runs on."""
        self._piece = None
        for stage in self._stages:
            stage.stalled(until_ns)

    def retune(self, stages: tuple[Stage, ...]) -> None:
        """The faults have changed: held items are due as if these had been on when they came."""
        self._stages = stages
        self._last_ns, self._piece = 0.0, None
        for held in self._queue:
            held.ready_ns = self._ready_ns(held.arrived_ns, held.item)
        self.held_max = _held_max(stages)

    def clear(self) -> None:
        """Forget all that is held."""
        self._queue.clear()
        self._gone = self.held_bytes = 0
        self._piece = None

    def _ready_ns(self, arrived_ns: int, item: Item) -> float:
        ready_ns = float(arrived_ns)
        for stage in self._stages:
            ready_ns = stage.ready_ns(ready_ns, item)
        self._last_ns = max(ready_ns, self._last_ns)
        return self._last_ns

    def _plan(self, first: _Held) -> tuple[int, float]:
        if isinstance(first.item, Mark) or first.ready_ns == NEVER:
            return 0, first.ready_ns
        length, due_ns = len(first.item) - self._gone, first.ready_ns
        for stage in self._stages:
            length = stage.room(length)
        for stage in self._stages:
            due_ns = stage.due_ns(due_ns, length)
        return length, due_ns

    def _cut_off(self, first: _Held, data: bytes) -> bytes:
        length, _ = self._piece or self._plan(first)
        self._piece = None
        ready_ns = first.ready_ns
        for stage in self._stages:
            due_ns = stage.due_ns(ready_ns, length)
            stage.sent(ready_ns, length)
            ready_ns = due_ns
        piece = data if length == len(data) else data[self._gone : self._gone + length]
        self._gone += length
        self.held_bytes -= length
        if self._gone == len(data):
            self._queue.popleft()
            self._gone = 0
        if any(stage.spent for stage in self._stages):
            self.clear()
            self._queue.append(_Held(first.arrived_ns, 0.0, Mark.FINISH))
        return piece


def _held_max(stages: tuple[Stage, ...]) -> int:
    faults = [stage.active.fault for stage in stages]
    rates = [f.kbytes_per_s * 1000 for f in faults if f.kind == "bandwidth"]
    if not rates:
        return HELD_BYTES_MAX
    on_its_way_s = PIECE_S + sum((f.latency_ms + f.jitter_ms) / 1000 for f in faults)
    return HELD_BYTES_MAX + min(int(min(rates) * on_its_way_s), _HELD_BYTES_EVER)
