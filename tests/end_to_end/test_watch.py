"""`squall watch` and `squall mark` on a server that Squall did not start, killed by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.clock import SystemClock
from tests.support.free_port import free_port
from tests.support.squall_process import LIMIT_S, ROOT, Place, wait_until

pytestmark = [pytest.mark.end_to_end, pytest.mark.alone]
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
