"""The order of runs and the start of each fault: interleaved arms, stratified and seeded jitter."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def turn(items: Sequence[T], repeat: int) -> tuple[T, ...]:
    """The items of one round, forwards and backwards in turn: A B, B A, A B. Drift cancels out."""
    return tuple(items) if repeat % 2 == 0 else tuple(reversed(items))


def fault_delays(seed: int, repeats: tuple[int, int], jitter_s: float) -> tuple[float, ...]:
    """How much later the fault starts, one delay for each repeat, between 0 and `jitter_s`.

    `repeats` are the least and the most. The least repeats have one delay in each of as many
    equal strata, and so have those that may follow: also a short campaign covers the whole range.
    """
    draw = random.Random(f"fault delays {seed}")
    least, most = repeats
    delays: list[float] = []
    for strata in (least, most - least):
        numbers = list(range(strata))
        draw.shuffle(numbers)
        delays += [jitter_s * (number + draw.random()) / strata for number in numbers]
    return tuple(round(delay, 3) for delay in delays)
