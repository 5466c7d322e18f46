"""A whole run of two load workers, one of which is killed while it sends."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.load.traffic import read_schedule
from harness.store import LoadReady, RunFolder, read_json
from harness.view.tail import RunFollower
from tests.support.free_port import free_port
from tests.support.squall_process import INVALID, LIMIT_S, ROOT, Place, wait_until

pytestmark = pytest.mark.end_to_end
SERVICE = ROOT / "tests" / "support" / "target_service.py"
SCENARIO = """
from harness.load.locust.open_loop import OpenLoop
from harness.load.traffic import Steady
from locust import FastHttpUser, task

CURVE = Steady(per_s=200)


class Reader(OpenLoop, FastHttpUser):
    curve = CURVE
    request_names = ("page",)

    @task
    def read(self):
        self.client.get("/page", name="page")
"""
SYSTEM = """
name: shop
target: attached
entry: client>shop
services: [{{name: shop, urls: ["http://127.0.0.1:{port}"]}}]
edges: [{{name: client>shop, via: direct}}]
"""
EXPERIMENT = """
title: Load alone, without a fault
description: The shop is only read.
extensions:
  - name: squall
    question: What does a dead load worker do to a run?
    scenario: ../reading.py
    control: true
    to_the_end: true
    phases: {warm_up_s: 1, baseline_s: 2, fault_s: 1, recovery_s: 4, drain_s: 6}
    max_duration_s: 14
    blast_radius: {}
    good: {latency_ms: 1000, target: 0.9}
    hold_s: 1
    objectives: []
method:
  - type: probe
    name: every instance is ready
    provider: {type: python, module: harness.chaos.probes, func: all_ready}
    pauses: {after: 1}
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A place whose system is one server of somebody else."""
    made, port = Place(tmp_path), free_port()
    made.deployment.unlink()
    made.system.write_text(SYSTEM.format(port=port))
    (tmp_path / "reading.py").write_text(SCENARIO)
    (tmp_path / "idle").mkdir()
    (tmp_path / "idle" / "experiment.yaml").write_text(EXPERIMENT)
    env = {"PORT": str(port), "INSTANCE": "shop"}
    with subprocess.Popen([sys.executable, str(SERVICE)], env=env) as shop:
        wait_until(lambda: _answers(port))
        yield made
        shop.kill()


def test_a_killed_worker_makes_the_run_invalid_and_each_arrival_is_accounted_for(
    place: Place,
) -> None:
    words = ("--workers", "2", "--json")
    with subprocess.Popen(
        place.command(*place.run_arguments(place.root / "idle" / "experiment.yaml", *words)),
        cwd=ROOT,
        env=place.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as run:
        wait_until(lambda: _in_baseline(place) or run.poll() is not None)
        assert run.poll() is None, "the run ended before its baseline"
        killed = read_json(RunFolder(place.folder()).ready(1), LoadReady)
        os.kill(killed.pid, signal.SIGKILL)
        out, _ = run.communicate(timeout=LIMIT_S)
    verdict = json.loads(out)
    assert (verdict["verdict"], run.returncode) == ("INVALID", INVALID)
    assert verdict["reasons"][0]["code"] == "data_missing"
    said = verdict["reasons"][0]["text"]
    assert said.startswith("Load worker 1 did not come to its end")
    recorded, share, lost = map(int, re.findall(r"(\d+) of its (\d+) .*?, (\d+) are not", said)[0])
    folder = RunFolder(place.folder())
    scheduled = len(read_schedule(folder.schedule))
    survivor = read_json(folder.ready(0), LoadReady).arrivals
    assert (survivor + share, recorded + lost) == (scheduled, share)
    assert 0 < recorded < share
    assert len({a.intent for a in RunFollower(folder).attempts()}) == survivor + recorded
    intents = verdict["intents"]
    ends = ("acknowledged", "refused", "unknown", "unstarted")
    assert sum(intents[end] for end in ends) == scheduled
    assert intents["unstarted"] == lost


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _in_baseline(place: Place) -> bool:
    return place.has_event("run", "phase") and any(
        e.kind == "phase" and e.name == "baseline" for e in place.events()
    )
