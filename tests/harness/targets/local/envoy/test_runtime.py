"""The runtime file: the whole of what is on."""

from __future__ import annotations

import json
from typing import Any

from harness.targets.local.envoy.runtime import runtime_file
from harness.targets.records import EdgeFault


def layer(faults: dict[str, tuple[EdgeFault, ...]]) -> Any:  # noqa: ANN401  # JSON
    return json.loads(runtime_file(7, faults))["resources"][0]["layer"]


def test_no_fault_is_an_empty_layer_with_a_generation() -> None:
    assert layer({}) == {"chaos.generation": 7}


def test_latency_is_a_share_and_whole_milliseconds() -> None:
    fault = EdgeFault(kind="latency", latency_ms=249.6, percent=12.5)
    assert layer({"a>b": (fault,)}) == {
        "chaos.generation": 7,
        "chaos.a>b.delay_pct": {"numerator": 125_000, "denominator": "MILLION"},
        "chaos.a>b.delay_ms": 250,
    }


def test_edges_keep_apart_and_each_may_have_several_faults() -> None:
    found = layer(
        {
            "a>b": (EdgeFault(kind="errors", status=502), EdgeFault(kind="latency", latency_ms=7)),
            "b>c": (EdgeFault(kind="lost_answers"),),
        }
    )
    assert found["chaos.a>b.abort_status"] == 502
    assert found["chaos.a>b.delay_ms"] == 7
    assert found["chaos.b>c.lost_pct"]["numerator"] == 1_000_000
    assert "chaos.a>b.lost_pct" not in found
