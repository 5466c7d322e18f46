"""What is said of a generator's punctuality follows from the stamps alone."""

from __future__ import annotations

import http.client
import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks.arrival_server import ArrivalServer
from benchmarks.generator_runs import Load, _check_rate, _ideal
from harness.errors import ConfigError


def test_a_peer_s_schedule_makes_none_of_its_arrivals_early() -> None:
    arrived = np.array([1_000, 1_011, 1_019, 1_033], np.int64) * 1_000_000
    due_ns, first_ns = _ideal(Load(per_s=100, load_s=0.05), arrived)
    late_ns = first_ns[first_ns > 0] - due_ns[first_ns > 0]
    assert len(due_ns) == 5
    assert late_ns.tolist() == [1_000_000, 2_000_000, 0, 4_000_000]
    assert list(first_ns)[4] == 0


def test_a_scenario_with_another_rate_than_meant_is_refused() -> None:
    _check_rate(Load(per_s=500, load_s=4), 2_050)
    with pytest.raises(ConfigError, match="does not offer"):
        _check_rate(Load(per_s=500, load_s=4), 1_000)


def test_the_server_notes_each_request_by_the_kernel_s_clock(tmp_path: Path) -> None:
    with ArrivalServer(tmp_path, room=2) as server:
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        before_ns = time.monotonic_ns()
        for intent in (7, 8, 9):
            client.request("POST", "/v1/payments", b"{}", {"Idempotency-Key": f"bench-{intent}"})
            assert client.getresponse().read().startswith(b'{"payment_id"')
        after_ns = time.monotonic_ns()
        client.close()
        arrivals = server.arrivals()
        assert server.count == 3
    assert arrivals[:, 1].tolist() == [7, 8]
    slack_ns = 1_000_000  # two clocks are read one after the other
    assert (arrivals[:, 0] > before_ns - slack_ns).all()
    assert (arrivals[:, 0] < after_ns + slack_ns).all()
