"""What each fault does to the bytes of one direction of one connection, as arithmetic; pure.

A stage says when an item may go on, how many bytes may go as one piece, and when that piece is due.
Stages are asked in the order of their faults: the answer of one is the question to the next.
"""

from __future__ import annotations

import enum
import math
from typing import Final

from harness.targets.local.tcp_proxy.active_fault import ActiveFault

NEVER: Final = math.inf
PIECE_S: Final = 0.02  # seconds that the longest piece of a rate lasts
PIECE_BYTES_MAX: Final = 65_536
# A line that was free for less than this was never free: its next bytes were only read late.
READ_LATE_NS: Final = 1_000_000
_NS_PER_MS: Final = 1_000_000


class Mark(enum.Enum):
    """What passes besides bytes: the end of the stream (FIN), or of the connection (RST)."""

    END = "end"
    CUT = "cut"
    FINISH = "finish"  # the proxy itself closes both sides


Item = bytes | Mark


class Stage:
    """Changes nothing; each kind overrides what it changes. `spent`: the connection must close."""

    __slots__ = ("active", "spent")

    def __init__(self, active: ActiveFault) -> None:
        self.active, self.spent = active, False

    def ready_ns(self, arrived_ns: float, item: Item) -> float:
        """When an item that has arrived then may go on."""
        del item
        return arrived_ns

    def room(self, length: int) -> int:
        """How many of `length` bytes may go as one piece, at least 1."""
        return length

    def due_ns(self, ready_ns: float, length: int) -> float:
        """When a piece that is ready then is due."""
        del length
        return ready_ns

    def sent(self, ready_ns: float, length: int) -> None:
        """The piece has gone."""

    def count(self, item: Item) -> None:
        """An item has arrived."""

    def stalled(self, until_ns: float) -> None:
        """The other side took nothing until then."""


class Latency(Stage):
    """Each item waits `latency_ms`, give or take `jitter_ms`."""

    __slots__ = ()

    def ready_ns(self, arrived_ns: float, item: Item) -> float:
        """Never early: rounded up."""
        del item
        fault = self.active.fault
        jitter_ms = fault.jitter_ms * (2 * self.active.draw() - 1) if fault.jitter_ms else 0.0
        return arrived_ns + math.ceil((fault.latency_ms + jitter_ms) * _NS_PER_MS)

    def count(self, item: Item) -> None:
        """Each item is late."""
        self.active.touch(length_of(item))


class Hold(Stage):
    """Nothing goes on (blackhole, and timeout until it closes)."""

    __slots__ = ()

    def ready_ns(self, arrived_ns: float, item: Item) -> float:
        """Not while the fault is on."""
        del arrived_ns, item
        return NEVER

    def count(self, item: Item) -> None:
        """Each item is held."""
        self.active.touch(length_of(item))


class SlowClose(Stage):
    """The end waits `delay_ms`; bytes do not."""

    __slots__ = ()

    def ready_ns(self, arrived_ns: float, item: Item) -> float:
        """Only marks are late."""
        if not isinstance(item, Mark):
            return arrived_ns
        return arrived_ns + math.ceil(self.active.fault.delay_ms * _NS_PER_MS)

    def count(self, item: Item) -> None:
        """Each mark is late."""
        if isinstance(item, Mark):
            self.active.touch()


class Bandwidth(Stage):
    """A line of `kbytes_per_s`: a piece is due when its last byte has been carried.

    The line's clock does not know when a piece was really written: a late write makes no later one
    later, so the rate holds over any second.
    """

    __slots__ = ("_free_ns", "_ns_per_byte", "_piece")

    def __init__(self, active: ActiveFault) -> None:
        super().__init__(active)
        rate = active.fault.kbytes_per_s
        self._ns_per_byte = _NS_PER_MS / rate
        self._piece = min(max(int(rate * 1000 * PIECE_S), 1), PIECE_BYTES_MAX)
        self._free_ns = 0.0

    def room(self, length: int) -> int:
        """A piece lasts PIECE_S at most."""
        return min(length, self._piece)

    def due_ns(self, ready_ns: float, length: int) -> float:
        """After the piece before it, and after its own time on the line."""
        return max(ready_ns, self._carried_ns(ready_ns, length))

    def sent(self, ready_ns: float, length: int) -> None:
        """The line is free again then. A piece that did not have to wait is not a hit."""
        self._free_ns = self._carried_ns(ready_ns, length)
        if self._free_ns > ready_ns:
            self.active.touch(length)

    def stalled(self, until_ns: float) -> None:
        """What the line did not carry is not made up for."""
        self._free_ns = max(self._free_ns, until_ns)

    def _carried_ns(self, ready_ns: float, length: int) -> float:
        return max(ready_ns - READ_LATE_NS, self._free_ns) + length * self._ns_per_byte


class Slicer(Stage):
    """Slices of `average_bytes`, give or take `variation_bytes`, each `gap_ms` after the last."""

    __slots__ = ("_left", "_next_ns")

    def __init__(self, active: ActiveFault) -> None:
        super().__init__(active)
        self._left, self._next_ns = 0, 0.0

    def room(self, length: int) -> int:
        """What is left of this slice, or a new one."""
        if not self._left:
            fault = self.active.fault
            spread = fault.variation_bytes * (2 * self.active.draw() - 1)
            self._left = max(1, round(fault.average_bytes + spread))
        return min(length, self._left)

    def due_ns(self, ready_ns: float, length: int) -> float:
        """Not before the gap after the last slice is over."""
        del length
        return max(ready_ns, self._next_ns)

    def sent(self, ready_ns: float, length: int) -> None:
        """A slice ends when it is full or when its bytes have run out."""
        self.active.touch(length)
        self._left -= length
        if not self._left:
            gap_ns = math.ceil(self.active.fault.gap_ms * _NS_PER_MS)
            self._next_ns = max(ready_ns, self._next_ns) + gap_ns

    def stalled(self, until_ns: float) -> None:
        """The gap counts from there."""
        self._next_ns = max(self._next_ns, until_ns)


class LimitData(Stage):
    """`limit_bytes` go on, then the connection is closed."""

    __slots__ = ("_left",)

    def __init__(self, active: ActiveFault) -> None:
        super().__init__(active)
        self._left = active.fault.limit_bytes

    def room(self, length: int) -> int:
        """Not more than is left."""
        return min(length, self._left)

    def sent(self, ready_ns: float, length: int) -> None:
        """The last byte closes."""
        del ready_ns
        self._left -= length
        if self._left <= 0 and not self.spent:
            self.spent = True
            self.active.touch()


_STAGES: Final[dict[str, type[Stage]]] = {
    "latency": Latency,
    "blackhole": Hold,
    "timeout": Hold,
    "slow_close": SlowClose,
    "bandwidth": Bandwidth,
    "slicer": Slicer,
    "limit_data": LimitData,
}


def stage_for(active: ActiveFault, *, from_caller: bool) -> Stage | None:
    """A new stage of that fault, or None if it does not touch bytes of that direction."""
    kind = _STAGES.get(active.fault.kind)
    return kind(active) if kind and active.touches(from_caller=from_caller) else None


def length_of(item: Item) -> int:
    """Bytes of an item; a mark has none."""
    return 0 if isinstance(item, Mark) else len(item)
