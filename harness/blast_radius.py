"""How far an experiment may go: which parts it may fault, and how many at once."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from harness.system import EdgeName, Name


class BlastRadius(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that the experiment may touch. Nothing is allowed by default.

    `max_share` of a service's instances may be faulted at once, and `min_ready` of them must stay
    ready; both are looked at when the fault begins.
    """

    services: Annotated[tuple[Name, ...], Meta(max_length=50)] = ()
    edges: Annotated[tuple[EdgeName, ...], Meta(max_length=200)] = ()
    max_instances: Annotated[int, Meta(ge=0, le=64, examples=[1])] = 0
    max_share: Annotated[
        float, Meta(gt=0, le=1, description="a share of the service's instances", examples=[0.5])
    ] = 1.0
    min_ready: Annotated[int, Meta(ge=0, le=64, examples=[1])] = 0
