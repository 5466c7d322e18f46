"""Traffic as numbers: rate curves and the arrivals drawn from them; pure and seeded."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from harness.errors import StoredRunError

US_PER_S: Final = 1_000_000
DUE: Final = struct.Struct("<I")


class Curve(Protocol):
    """A rate over time."""

    def rate(self, at_s: float) -> float:
        """Arrivals per second at that second of the run."""

    @property
    def highest(self) -> float:
        """A rate that is never exceeded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steady:
    """The same rate all the time."""

    per_s: float

    def rate(self, at_s: float) -> float:
        """Arrivals per second at that second of the run."""
        del at_s
        return self.per_s

    @property
    def highest(self) -> float:
        """A rate that is never exceeded."""
        return self.per_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """A straight line from one rate to another; a step where `rise_s` is 0."""

    from_per_s: float
    to_per_s: float
    rise_s: float

    def rate(self, at_s: float) -> float:
        """Arrivals per second at that second of the run."""
        share = _share(at_s, self.rise_s)
        return self.from_per_s + (self.to_per_s - self.from_per_s) * share

    @property
    def highest(self) -> float:
        """A rate that is never exceeded."""
        return max(self.from_per_s, self.to_per_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spike:
    """From a base up to a plateau and back, half a cosine each way; a time of 0 s is a step."""

    base_per_s: float
    peak_per_s: float
    rise_at_s: float
    rise_s: float
    hold_s: float
    fall_s: float

    def rate(self, at_s: float) -> float:
        """Arrivals per second at that second of the run."""
        fall_at_s = self.rise_at_s + self.rise_s + self.hold_s
        up = _ease(_share(at_s - self.rise_at_s, self.rise_s))
        down = _ease(_share(at_s - fall_at_s, self.fall_s))
        return self.base_per_s + (self.peak_per_s - self.base_per_s) * (up - down)

    @property
    def highest(self) -> float:
        """A rate that is never exceeded."""
        return max(self.base_per_s, self.peak_per_s)


KNOWN: Final = (Steady, Rise, Spike)
CURVES: Final[Mapping[str, Callable[..., Curve]]] = {kind.__name__: kind for kind in KNOWN}


def arrivals_us(curve: Curve, load_s: float, seed: int, scale: float = 1.0) -> list[int]:
    """Intended starts in microseconds since zero: Poisson arrivals of that rate, by thinning.

    The same arguments give the same arrivals, to the microsecond, on every machine.
    """
    highest = curve.highest * scale
    if highest <= 0 or load_s <= 0:
        return []
    draw = random.Random(seed)
    due: list[int] = []
    at_s = 0.0
    while True:
        at_s += -math.log(1.0 - draw.random()) / highest
        if at_s >= load_s:
            return due
        if draw.random() * highest <= curve.rate(at_s) * scale:
            due.append(round(at_s * US_PER_S))


def write_schedule(path: Path, due_us: list[int]) -> None:
    """Keep a schedule with the run; arrival i is intent i."""
    path.write_bytes(b"".join(map(DUE.pack, due_us)))


def read_schedule(path: Path) -> list[int]:
    """The schedule of a stored run. Raises StoredRunError."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise StoredRunError(f"{path}: unreadable: {error}") from error
    if len(raw) % DUE.size:
        raise StoredRunError(f"{path}: cut off in the middle of an arrival")
    return [due for (due,) in DUE.iter_unpack(raw)]


def worker_share(due_us: list[int], worker: int, workers: int) -> list[tuple[int, int]]:
    """(intent, due_us) of one worker: every n-th arrival, so that no two workers share one."""
    return [(intent, due_us[intent]) for intent in range(worker, len(due_us), workers)]


def most_in_a_second(due_us: Sequence[int]) -> int:
    """The most arrivals of an ordered schedule that any stretch of one second holds."""
    most = begin = 0
    for end, at_us in enumerate(due_us):
        while due_us[begin] <= at_us - US_PER_S:
            begin += 1
        most = max(most, end - begin + 1)
    return most


def _share(passed_s: float, whole_s: float) -> float:
    """How much of a change is done, 0 to 1; a change that takes no time is a step."""
    if passed_s < 0:
        return 0.0
    return 1.0 if passed_s >= whole_s else passed_s / whole_s


def _ease(share: float) -> float:
    return (1 - math.cos(math.pi * share)) / 2
