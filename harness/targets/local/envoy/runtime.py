"""The faults of one Envoy as its runtime file: the whole of what is on now; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from harness.targets.local.envoy.config import GENERATION_KEY, RTDS_LAYER, runtime_key
from harness.targets.records import EdgeFault

_RUNTIME_TYPE: Final = "type.googleapis.com/envoy.service.runtime.v3.Runtime"
_PARTS_PER_PERCENT: Final = 10_000


def runtime_file(generation: int, faults: Mapping[str, tuple[EdgeFault, ...]]) -> bytes:
    """The file's bytes. No faults: everything is off (a deleted file would leave them on)."""
    layer: dict[str, object] = {GENERATION_KEY: generation}
    for edge, on in faults.items():
        for fault in on:
            layer.update(_knobs(edge, fault))
    resource = {"@type": _RUNTIME_TYPE, "name": RTDS_LAYER, "layer": layer}
    return msgspec.json.encode({"version_info": str(generation), "resources": [resource]})


def _knobs(edge: str, fault: EdgeFault) -> Iterator[tuple[str, object]]:
    share = {"numerator": round(fault.percent * _PARTS_PER_PERCENT), "denominator": "MILLION"}
    if fault.kind == "latency":
        yield runtime_key(edge, "delay_pct"), share
        yield runtime_key(edge, "delay_ms"), round(fault.latency_ms)
    elif fault.kind == "errors":
        yield runtime_key(edge, "abort_pct"), share
        yield runtime_key(edge, "abort_status"), fault.status
    elif fault.kind == "lost_answers":
        yield runtime_key(edge, "lost_pct"), share
    elif fault.kind == "shift":
        yield runtime_key(edge, "shift_pct"), share
