"""`squall watch` and `squall mark` on a server that Squall did not start, killed by hand."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.clock import SystemClock
from harness.load.traffic import read_schedule
from harness.store import LoadReady, RunFolder, read_json
from harness.view.tail import RunFollower
from tests.support.free_port import free_port
from tests.support.squall_process import LIMIT_S, ROOT, Place, wait_until

pytestmark = pytest.mark.end_to_end
SERVICE = ROOT / "tests" / "support" / "target_service.py"
DOWN_NS = 2_000_000_000  # shorter outages are dips, not episodes
SCENARIO = """
from harness.load.locust.open_loop import OpenLoop
from harness.load.traffic import Steady
from locust import FastHttpUser, task

CURVE = Steady(per_s=80)


class Reader(OpenLoop, FastHttpUser):
    curve = CURVE
    request_names = ("page",)
    connection_timeout = network_timeout = 1.0

    @task
    def read(self):
        self.client.get("/page", name="page")
"""


class Shop:
    """A server of somebody else."""

    def __init__(self) -> None:
        self.port = free_port()
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        env = {"PORT": str(self.port), "INSTANCE": "shop"}
        return subprocess.Popen([sys.executable, str(SERVICE)], env=env)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    yield made
    made.kill()


def test_a_kill_by_hand_between_two_marks_gives_recovery_time(tmp_path: Path, shop: Shop) -> None:
    place = Place(tmp_path)
    (tmp_path / "reading.py").write_text(SCENARIO)
    words = ("watch", "--url", f"http://127.0.0.1:{shop.port}", "--for", "26s", "--json")
    more = ("--scenario", str(tmp_path / "reading.py"), "--runs-dir", str(place.runs))
    assert place.call("mark", "start", "too early").returncode == 2
    with subprocess.Popen(
        place.command(*words, *more),
        cwd=ROOT,
        env=place.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as watch:
        wait_until(lambda: _seconds_of_load(place) > 9, LIMIT_S)
        assert place.call("mark", "start", "the shop is killed").returncode == 0
        shop.kill()
        down_ns = _now_ns()
        wait_until(lambda: "unready" in _states(place), LIMIT_S)
        wait_until(lambda: _now_ns() - down_ns > DOWN_NS, LIMIT_S)
        shop.process = shop.start()
        wait_until(lambda: _states(place)[-1:] == ["ready"], LIMIT_S)
        assert place.call("mark", "end").returncode == 0
        out, _ = watch.communicate(timeout=LIMIT_S)
    verdict = json.loads(out)
    assert (verdict["verdict"], watch.returncode) == ("PASS", 0), verdict["reasons"]
    (fault,) = verdict["faults"]
    assert (fault["name"], fault["target"]) == ("mark", "the shop is killed")
    assert 0 < verdict["recovery"]["stable_recovery_s"] < 10
    assert verdict["recovery"]["episodes"]
    assert shop.process.poll() is None, "a watch ends nothing that it did not start"


def test_a_killed_load_worker_makes_the_run_invalid_and_each_arrival_is_accounted_for(
    tmp_path: Path, shop: Shop
) -> None:
    place = Place(tmp_path)
    (tmp_path / "reading.py").write_text(SCENARIO)
    for _ in range(3):  # a run is repeated that ended early because others took the CPU
        code, verdict = _watched_with_a_killed_worker(place, shop)
        said = [text for text in verdict["reasons"] if "load worker 1" in text]
        if said:
            break
    folder = RunFolder(place.folder())
    assert (verdict["verdict"], code) == ("INVALID", 3)
    found = re.findall(r"(\d+) of its (\d+) .*, (\d+) are not", said[0])
    there, whole, not_there = map(int, found[0])
    planned = [read_json(folder.ready(n), LoadReady).arrivals for n in (0, 1)]
    assert planned == [len(read_schedule(folder.schedule)) - whole, whole]
    assert there + not_there == whole
    kept = list(RunFollower(folder).attempts())
    assert len({a.intent for a in kept}) == planned[0] + there


def _watched_with_a_killed_worker(place: Place, shop: Shop) -> tuple[int, dict[str, Any]]:
    words = ("watch", "--url", f"http://127.0.0.1:{shop.port}", "--for", "20s", "--json")
    more = ("--scenario", str(place.root / "reading.py"), "--runs-dir", str(place.runs))
    before = len(list(place.runs.glob("*/*")))
    with subprocess.Popen(
        place.command(*words, *more, "--workers", "2"),
        cwd=ROOT,
        env=place.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as watch:
        wait_until(lambda: len(list(place.runs.glob("*/*"))) > before, LIMIT_S)
        wait_until(lambda: _seconds_of_load(place) > 2 or watch.poll() is not None, LIMIT_S)
        if watch.poll() is None:
            os.kill(read_json(RunFolder(place.folder()).ready(1), LoadReady).pid, signal.SIGKILL)
        out, _ = watch.communicate(timeout=LIMIT_S)
    return watch.returncode, json.loads(out)


def _seconds_of_load(place: Place) -> float:
    """Since the phase in which marks are taken began."""
    if not place.has_event("run", "phase"):
        return 0.0
    events = place.events()
    began = [e.mono_ns for e in events if e.kind == "phase" and e.name == "watch"]
    return (_now_ns() - began[0]) / 1e9 if began else 0.0


def _states(place: Place) -> list[str]:
    return [str(e.data["state"]) for e in place.events() if e.kind == "instance"]


def _now_ns() -> int:
    return SystemClock().monotonic_ns()
