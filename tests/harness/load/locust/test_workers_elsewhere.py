"""Workers that somebody else starts carry the payers of a lean scenario: Locust sends records."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from harness.load.generator import Generator
from harness.load.plan import SCENARIO_VARIABLE
from harness.load.scenario import scenario_path, users_file
from harness.load.traffic import read_schedule
from harness.python_child import CHECKOUT, python_module
from tests.support.load_runs import READY_S, attempts_of, begin, folder_of, free_port, plan_of
from tests.support.load_server import LoadServer

SCENARIO = scenario_path("steady_payments")


@contextmanager
def worker(port: int, url: str) -> Iterator[None]:
    """As a pod starts it: by the environment it knows the scenario, and it has no plan."""
    users = str(users_file(SCENARIO))
    words = ("-f", users, "--worker", "--headless", "--host", url)
    at = ("--master-host", "127.0.0.1", "--master-port", str(port))
    process = subprocess.Popen(
        python_module("harness.load.locust", *words, *at),
        cwd=CHECKOUT,
        env={**os.environ, SCENARIO_VARIABLE: str(SCENARIO)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


@pytest.mark.alone
def test_two_workers_elsewhere_pay_every_arrival_of_a_lean_scenario_once(tmp_path: Path) -> None:
    folder, port = folder_of(tmp_path), free_port()
    with LoadServer() as server, worker(port, server.url), worker(port, server.url):
        plan = plan_of(folder, server.url, 1, workers=2)
        plan = msgspec.structs.replace(plan, workers_at=f"127.0.0.1:{port}")
        with Generator.start(plan, folder) as generator:
            generator.wait_ready(READY_S)
            begin(generator)
            done = generator.wait_done(15)
    scheduled = read_schedule(folder.schedule)
    assert {a.intent for a in attempts_of(folder)} == set(range(len(scheduled)))
    assert set(server.keys) == {f"t-{intent}" for intent in range(len(scheduled))}
    assert sum(d.started for d in done) == len(scheduled)
    assert [d.died for d in done] == ["", ""]
    assert len(folder.asked_rows.read_text().splitlines()) == len(scheduled) + 1
