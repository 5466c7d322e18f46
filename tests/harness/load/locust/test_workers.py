"""Several Locust workers by messages: every arrival once, clocks compared, a death told."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.load.generator import Generator
from harness.load.locust.clock_offset import RoundTrip, offset_of
from harness.load.traffic import read_schedule
from harness.store import LoadPlan, RunFolder, request_names
from tests.support.load_runs import READY_S, attempts_of, begin, folder_of, plan_of, until
from tests.support.load_server import LoadServer

SHOPPER = """
from harness.load.traffic import Steady
from locust import FastHttpUser, task
from harness.load.locust.open_loop import OpenLoop

CURVE = Steady(per_s=120)

class Shopper(OpenLoop, FastHttpUser):
    @task
    def shop(self):
        if self.intent.number % 2:
            self.client.get("/v1/payments/x", name="look")
        self.client.post("/v1/payments", json={"amount_minor": 1, "currency": "EUR"},
                         headers={"Idempotency-Key": self.intent.key}, name="buy")
"""


def planned(tmp_path: Path, url: str, load_s: float) -> tuple[RunFolder, LoadPlan]:
    folder = folder_of(tmp_path)
    file = tmp_path / "shopper.py"
    file.write_text(SHOPPER)
    plan = plan_of(folder, url, load_s, workers=2)
    return folder, msgspec.structs.replace(plan, scenario=str(file), spawn_rate=10)


@given(
    st.integers(-(10**15), 10**15),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1),
)
def test_the_offset_is_wrong_by_at_most_its_error(
    true_ns: int, ways: list[tuple[int, int]]
) -> None:
    trips = [RoundTrip(0, there + true_ns, there + back) for there, back in ways]
    found = offset_of(trips)
    assert abs(found.ns - true_ns) <= found.error_ns
    assert found.error_ns <= min(there + back for there, back in ways) / 2 + 1


@pytest.mark.alone
def test_two_workers_start_every_arrival_once(tmp_path: Path) -> None:
    with LoadServer() as server:
        folder, plan = planned(tmp_path, server.url, 2)
        with Generator.start(plan, folder) as generator:
            ready = generator.wait_ready(READY_S)
            begin(generator)
            done = generator.wait_done(15)
            until(lambda: not generator.alive())
    scheduled, attempts = read_schedule(folder.schedule), attempts_of(folder)
    names = request_names(folder)
    bought = [a.intent for a in attempts if names[a.name] == "buy"]
    looked = {a.intent for a in attempts if names[a.name] == "look"}
    assert sorted(bought) == list(range(len(scheduled)))
    assert looked == set(range(1, len(scheduled), 2))
    assert server.keys == {f"t-{intent}": 1 for intent in range(len(scheduled))}
    assert sum(d.requests or 0 for d in done) == len(attempts)
    assert all(0 < r.clock_error_ms < 50 for r in ready)


def test_a_killed_worker_is_told_with_each_of_its_arrivals(tmp_path: Path) -> None:
    with LoadServer() as server:
        folder, plan = planned(tmp_path, server.url, 3)
        with Generator.start(plan, folder) as generator:
            ready = generator.wait_ready(READY_S)
            begin(generator)
            until(lambda: server.answered > 100)
            os.kill(ready[1].pid, signal.SIGKILL)
            done = generator.wait_done(20)
    seen = {a.intent for a in attempts_of(folder) if a.intent % 2}
    share = len(read_schedule(folder.schedule)) // 2
    assert done[0].died == ""
    assert done[1].died == (
        f"it died: {len(seen)} of its {share} arrivals are recorded, {share - len(seen)} are not"
    )


@pytest.mark.parametrize("worker", [0, 1])
def test_a_worker_writes_no_file_of_its_own(tmp_path: Path, worker: int) -> None:
    with LoadServer() as server:
        folder, plan = planned(tmp_path, server.url, 0.5)
        with Generator.start(plan, folder) as generator:
            (first, second) = generator.wait_ready(READY_S)
            pid = (first, second)[worker].pid
            held = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
    assert not [path for path in held if "attempts-" in path or "schedule" in path]
