"""Which edge can have which fault."""

from __future__ import annotations

import pytest

from harness.errors import FaultError
from harness.targets.local.edge_faults import check_fault, check_lease
from harness.targets.records import EdgeFault


@pytest.mark.parametrize(
    "fault",
    [
        EdgeFault(kind="latency", latency_ms=250, percent=12.5),
        EdgeFault(kind="errors", status=500),
        EdgeFault(kind="lost_answers", percent=30),
    ],
)
def test_http_edges_delay_refuse_and_lose(fault: EdgeFault) -> None:
    check_fault("a>b", "mesh", fault)
    check_fault("a>b", "gateway", fault)


@pytest.mark.parametrize(
    "fault",
    [
        EdgeFault(kind="latency", latency_ms=0.5, jitter_ms=0.5),
        EdgeFault(kind="bandwidth", kbytes_per_s=10),
        EdgeFault(kind="reset"),
        EdgeFault(kind="blackhole"),
        EdgeFault(kind="refuse"),
    ],
)
def test_tcp_edges_treat_bytes(fault: EdgeFault) -> None:
    check_fault("a>b", "tcp", fault)


@pytest.mark.parametrize(
    ("via", "fault", "said"),
    [
        ("mesh", EdgeFault(kind="blackhole"), "cannot do 'blackhole'"),
        ("tcp", EdgeFault(kind="errors"), "cannot do 'errors'"),
        ("tcp", EdgeFault(kind="latency", latency_ms=5, percent=0), "percent: 0"),
        ("tcp", EdgeFault(kind="refuse", percent=50), "percent: 50"),
        ("tcp", EdgeFault(kind="reset", direction="upstream"), "direction: 'upstream'"),
        ("mesh", EdgeFault(kind="latency", latency_ms=5.5), "latency_ms: 5.5"),
        ("mesh", EdgeFault(kind="latency", latency_ms=5, direction="both"), "direction: 'both'"),
        ("tcp", EdgeFault(kind="bandwidth", kbytes_per_s=50_001), "kbytes_per_s: 50001"),
        ("tcp", EdgeFault(kind="slicer", average_bytes=5, variation_bytes=6), "variation_bytes: 6"),
        ("tcp", EdgeFault(kind="limit_data"), "limit_bytes: is missing"),
        ("tcp", EdgeFault(kind="timeout"), "timeout_ms: is missing"),
        ("tcp", EdgeFault(kind="slow_close"), "delay_ms: is missing"),
        ("mesh", EdgeFault(kind="latency", latency_ms=5, jitter_ms=1), "jitter"),
        ("mesh", EdgeFault(kind="latency"), "latency_ms: is missing"),
        ("mesh", EdgeFault(kind="latency", latency_ms=float("nan")), "latency_ms: nan"),
        ("tcp", EdgeFault(kind="latency", latency_ms=5, jitter_ms=6), "jitter_ms: 6"),
        ("mesh", EdgeFault(kind="errors", percent=0), "percent: 0"),
        ("mesh", EdgeFault(kind="errors", percent=101), "percent: 101"),
        ("mesh", EdgeFault(kind="errors", status=200), "status: 200"),
        ("tcp", EdgeFault(kind="bandwidth"), "kbytes_per_s: is missing"),
        ("tcp", EdgeFault(kind="bandwidth", kbytes_per_s=float("inf")), "kbytes_per_s: inf"),
    ],
)
def test_refuses_what_an_edge_cannot_do_and_names_the_value(
    via: str, fault: EdgeFault, said: str
) -> None:
    with pytest.raises(FaultError, match=f"a>b.*{said}"):
        check_fault("a>b", via, fault)  # type: ignore[arg-type]  # parametrize gives str


@pytest.mark.parametrize("lease_s", [0, -1, float("nan"), float("inf"), 601])
def test_refuses_a_lease_without_end(lease_s: float) -> None:
    with pytest.raises(FaultError, match="lease_s"):
        check_lease(lease_s)
