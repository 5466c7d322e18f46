"""Faults as the judge sees them: asked for, and looked at."""

from __future__ import annotations

from collections.abc import Mapping

from harness.timeline import Scalar
from reports.measures.phases import FaultLife, Sample


def life(asked: dict[str, Scalar], *looks: Mapping[str, Scalar]) -> FaultLife:
    """A fault with what it was asked for and one look a second."""
    samples = [Sample(at_s=float(i), on=True, data=dict(look)) for i, look in enumerate(looks)]
    at_s = {"verified": 0.0, "undone": float(len(looks))}
    return FaultLife(
        key="f", name="f", target="a>b", at_s=at_s, proof={"asked": asked}, samples=samples
    )


def share(percent: float, units: int, touched: int) -> FaultLife:
    """A fault on that share of the units, of which so many were touched."""
    looks = ({"units": units * i // 10, "touched": touched * i // 10} for i in range(11))
    return life({"percent": percent}, *looks)
