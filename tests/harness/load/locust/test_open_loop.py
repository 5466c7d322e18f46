"""The open loop on real Locust against a real server: on time, nothing lost, few connections."""

from __future__ import annotations

import csv
import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest

from harness.load.generator import Generator
from harness.load.records import Attempt, ErrorClass, Outcome
from harness.load.traffic import read_schedule
from harness.python_child import CHECKOUT
from harness.store import request_names
from tests.support.load_runs import (
    READY_S,
    ask,
    attempts_of,
    begin,
    folder_of,
    free_port,
    let_pass,
    plan_of,
    until,
)
from tests.support.load_server import LoadServer

SHOPPER = """
from harness.load.traffic import Steady
from locust import FastHttpUser, task
from harness.load.locust.open_loop import OpenLoop

class Shopper(OpenLoop, FastHttpUser):
    curve = Steady(per_s=120)

    @task
    def shop(self):
        self.client.get("/v1/payments/x", name="look")
        self.client.post("/v1/payments", json={"amount_minor": 1, "currency": "EUR"}, name="buy",
                         effect=True)
"""


def first(attempts: list[Attempt]) -> list[Attempt]:
    return [attempt for attempt in attempts if attempt.attempt == 1]


def locust(file: Path, host: str, *options: str) -> subprocess.Popen[bytes]:
    """Plain Locust as a person starts it."""
    command = [sys.executable, "-m", "locust", "-f", str(file), "--host", host, *options]
    return subprocess.Popen(
        command,
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def most_at_once(attempts: list[Attempt]) -> int:
    """How many payments were under way together, at most."""
    begun = [(a.due_us, 1) for a in attempts]
    ended = [(a.due_us + a.late_us + a.took_us, -1) for a in attempts]
    return max(itertools.accumulate(step for _, step in sorted(begun + ended)))


def late_ms(attempts: list[Attempt], percent: float) -> float:
    return float(np.percentile([attempt.late_us for attempt in attempts], percent)) / 1000


def test_kill_9_loses_no_attempt_that_had_ended(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    with (
        LoadServer() as server,
        Generator.start(plan_of(folder, server.url, 20, rate_scale=2), folder) as generator,
    ):
        begin(generator)
        until(lambda: server.answered > 200)
        os.kill(generator.pid, signal.SIGKILL)
        until(lambda: not generator.alive())
        let_pass(0.1)
        kept = {attempt.intent for attempt in attempts_of(folder)}
    in_flight = server.keys.keys() - {f"t-{intent}" for intent in kept}
    assert len(kept) >= 190
    assert kept <= {int(key.removeprefix("t-")) for key in server.keys}
    assert len(in_flight) <= 5
    assert not folder.done(0).exists()


@pytest.mark.alone
def test_a_frozen_server_does_not_hold_back_the_arrivals(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    with (
        LoadServer() as server,
        Generator.start(plan_of(folder, server.url, 5), folder) as generator,
    ):
        begin(generator)
        let_pass(1)
        server.freeze()
        before = sum(server.keys.values())
        let_pass(2)
        during = sum(server.keys.values()) - before
        server.thaw()
        generator.wait_done(15)
    attempts = attempts_of(folder)
    frozen = [a for a in attempts if 1_500_000 < a.due_us < 2_500_000]
    assert during > 150
    assert late_ms(first(attempts), 50) < 20
    assert min(a.took_us for a in frozen) > 250_000
    assert len(first(attempts)) == len(read_schedule(folder.schedule))
    assert all(count == 1 for count in server.keys.values())


def test_a_stopped_generator_shows_as_lateness(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    with (
        LoadServer() as server,
        Generator.start(plan_of(folder, server.url, 3), folder) as generator,
    ):
        begin(generator)
        until(lambda: server.answered > 50)
        os.kill(generator.pid, signal.SIGSTOP)
        let_pass(1.5)
        os.kill(generator.pid, signal.SIGCONT)
        generator.wait_done(15)
    attempts = first(attempts_of(folder))
    assert late_ms(attempts, 99) > 1000
    assert len(attempts) == len(read_schedule(folder.schedule))


def test_last_in_first_out_keeps_connections_few(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    with (
        LoadServer() as server,
        Generator.start(plan_of(folder, server.url, 3, rate_scale=2), folder) as generator,
    ):
        begin(generator)
        generator.wait_done(15)
        assert sum(server.keys.values()) > 500
    assert server.connections <= most_at_once(attempts_of(folder)) + 5


def test_payers_of_a_troubled_server_come_to_their_answer_with_one_key(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    with (
        LoadServer() as server,
        Generator.start(plan_of(folder, server.url, 2), folder) as generator,
    ):
        server.trouble = {"hang up": 10, "untouched": 10, "broken": 10}
        begin(generator)
        generator.wait_done(20)
    attempts = attempts_of(folder)
    by_status = {status: [a for a in attempts if a.status == status] for status in (503, 500)}
    hung_up = [a for a in attempts if a.error is ErrorClass.RESET]
    final = {a.intent: a for a in attempts}
    assert [len(hung_up), len(by_status[503]), len(by_status[500])] == [10, 10, 10]
    assert {a.outcome for a in hung_up + by_status[500]} == {Outcome.INFO}
    assert sum(server.asked.values()) == 20
    assert all(len(bodies) == 1 for bodies in server.bodies.values())
    assert {a.outcome for a in final.values()} == {Outcome.OK}
    assert len(server.keys) == len(final) == len(read_schedule(folder.schedule))


@pytest.mark.alone
def test_payers_give_up_at_the_stop_and_their_last_attempts_are_kept(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    with LoadServer() as server:
        server.freeze()
        plan = msgspec.structs.replace(plan_of(folder, server.url, 1), stop_s=1.5)
        with Generator.start(plan, folder) as generator:
            zero_ns = begin(generator)
            (done,) = generator.wait_done(10)
            ended_s = (time.monotonic_ns() - zero_ns) / 1e9
    attempts = attempts_of(folder)
    assert ended_s < 3
    assert done.started == len(attempts) == len(read_schedule(folder.schedule))
    assert {a.error for a in attempts} == {ErrorClass.READ_TIMEOUT}
    assert max(a.due_us + a.late_us + a.took_us for a in attempts) < 1_700_000


def test_payers_as_locust_users_come_to_their_answer_too(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    with LoadServer() as server:
        plan = msgspec.structs.replace(plan_of(folder, server.url, 1), scenario="steady_users")
        with Generator.start(plan, folder) as generator:
            server.trouble = {"hang up": 5, "untouched": 5, "broken": 5, "later": 5}
            begin(generator)
            generator.wait_done(20)
    attempts = attempts_of(folder)
    names = request_names(folder)
    assert names == ("pay", "ask")
    assert {a.effect for a in attempts if names[a.name] == "pay"} == {True}
    assert {a.outcome for a in attempts if a.status == 202} == {Outcome.INFO}
    final = {a.intent: a for a in attempts}
    assert {a.outcome for a in final.values()} == {Outcome.OK}
    assert len(server.keys) == len(final) == len(read_schedule(folder.schedule))


def test_an_ordinary_locust_user_runs_once_an_arrival(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    file = tmp_path / "shopper.py"
    file.write_text(SHOPPER)
    with LoadServer() as server:
        plan = msgspec.structs.replace(plan_of(folder, server.url, 1), scenario=str(file))
        with Generator.start(plan, folder) as generator:
            begin(generator)
            (done,) = generator.wait_done(15)
            until(lambda: not generator.alive())
    scheduled = read_schedule(folder.schedule)
    attempts = attempts_of(folder)
    assert [len(first(attempts)), len(attempts)] == [len(scheduled), 2 * len(scheduled)]
    assert {(a.attempt, a.name) for a in attempts} == {(1, 0), (2, 1)}
    assert {a.due_us for a in first(attempts)} == set(scheduled)
    assert {a.status for a in attempts if a.name == 0} == {404}
    assert (done.requests, done.outside) == (len(attempts), 0)
    assert request_names(folder) == ("look", "buy")
    assert {(a.name, a.effect) for a in attempts} == {(0, False), (1, True)}
    statistics = csv.DictReader((folder.load / "locust_stats.csv").read_text().splitlines())
    counted = {row["Name"]: int(row["Request Count"]) for row in statistics}
    assert counted == {"look": len(scheduled), "buy": len(scheduled), "Aggregated": len(attempts)}
    failures = csv.DictReader((folder.load / "locust_failures.csv").read_text().splitlines())
    assert [(row["Name"], int(row["Occurrences"])) for row in failures] == [
        ("look", len(scheduled))
    ]
    assert (folder.load / "locust_exceptions.csv").read_text().startswith("Count,")
    assert "Traceback" not in folder.log("load").read_text()


def test_alone_it_opens_locust_s_own_page(tmp_path: Path) -> None:
    file = tmp_path / "shopper.py"
    file.write_text(SHOPPER)
    with LoadServer() as server:
        port = free_port()
        process = locust(file, server.url, "--web-host", "127.0.0.1", "--web-port", str(port))
        try:
            until(lambda: b"Locust" in ask(port, "/"), READY_S)
            ask(port, "/swarm", f"user_count=1&spawn_rate=1&host={server.url}")
            until(lambda: server.answered > 100)
            assert b'"name":"buy"' in ask(port, "/stats/requests").replace(b'": "', b'":"')
        finally:
            process.terminate()
            process.wait(10)


def test_without_a_host_plain_locust_says_so_and_exits_with_2(tmp_path: Path) -> None:
    file = tmp_path / "shopper.py"
    file.write_text(SHOPPER)
    command = [sys.executable, "-m", "locust", "-f", str(file), "--headless", "-t", "2s"]
    done = subprocess.run(
        command, cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "no host: say where the load is to be sent, for example --host http://" in done.stderr
