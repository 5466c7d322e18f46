"""Ordinary Locust files, from any folder, run as they are written and every request is recorded."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from harness.load.generator import Generator
from harness.load.records import Attempt, ErrorClass, Outcome
from harness.load.traffic import read_schedule
from harness.store import LoadDone, RunFolder, request_names
from tests.support.load_runs import (
    ask,
    attempts_of,
    begin,
    folder_of,
    free_port,
    plan_of,
    until,
)
from tests.support.load_server import LoadServer

TWO_GETS = """
from locust import FastHttpUser, constant, task
from neighbour import PAGE

class Reader(FastHttpUser):
    wait_time = constant(0.05)

    def on_start(self):
        self.client.get("/login", name="login")

    @task
    def read(self):
        import late_neighbour
        with self.client.get(PAGE, name="a", catch_response=True) as answer:
            answer.success()
        with self.client.get("/b", name="b", catch_response=True) as answer:
            answer.success()
"""
BUYS = """
from locust import HttpUser, task

class Shopper(HttpUser):
    @task
    def shop(self):
        self.client.get("/shelf", name="look")
        self.client.post("/v1/payments", json={"amount_minor": 1, "currency": "EUR"},
                         headers={"Idempotency-Key": self.intent.key}, name="buy")
        self.client.get("/shelf", name="look")
        self.client.post("/other", name="other", effect=True)
"""
OWN_KEYS = """
from locust import FastHttpUser, task, constant
number = 0

class Shopper(FastHttpUser):
    wait_time = constant(0.05)

    @task
    def shop(self):
        global number
        number += 1
        self.intent.key = f"order-{number}"
        self.client.post("/v1/payments", json={"amount_minor": 1, "currency": "EUR"},
                         headers={"Idempotency-Key": self.intent.key}, name="buy")

    @task
    def nothing(self):
        pass

    @task
    def wrong(self):
        raise ValueError("a broken task")
"""
OWN_PROTOCOL = """
import time
from locust import User, task

class Sensor(User):
    @task
    def measure(self):
        time.sleep(0.05)
        self.environment.events.request.fire(request_type="mqtt", name="publish",
            response_time=50, response_length=1, exception=None, context={})
"""


LOOKS = """
from locust import FastHttpUser, constant, task

class Reader(FastHttpUser):
    wait_time = constant(0.05)

    @task
    def read(self):
        self.client.get("/pages/one", name="look")
"""


LOOK_AND_BUY = """
from locust import FastHttpUser, constant, task

class Shopper(FastHttpUser):
    wait_time = constant(0.1)

    @task
    def shop(self):
        self.client.get("/shelf", name="look")
        self.client.post("/basket", json={"thing": 1}, name="buy")
"""


def lived(tmp_path: Path, text: str, *, users: int = 2, server: LoadServer) -> RunFolder:
    """One second of this file against the server."""
    folder = folder_of(tmp_path)
    file = tmp_path / "elsewhere" / "locustfile.py"
    file.parent.mkdir()
    file.write_text(text)
    (file.parent / "neighbour.py").write_text('PAGE = "/a"\n')
    (file.parent / "late_neighbour.py").write_text("")
    plan = msgspec.structs.replace(
        plan_of(folder, server.url, 1), scenario=str(file), users=users, spawn_rate=100, stop_s=3
    )
    with Generator.start(plan, folder) as generator:
        begin(generator)
        generator.wait_done(15)
        until(lambda: not generator.alive())
    return folder


@pytest.fixture
def server() -> Iterator[LoadServer]:
    with LoadServer() as server:
        yield server


def done(folder: RunFolder) -> LoadDone:
    return msgspec.json.decode(folder.done(0).read_bytes(), type=LoadDone)


def cut(attempts: list[Attempt]) -> list[Attempt]:
    """Those that the end of the load cut off: a closed loop has no arrivals to come to the end of.

    The server answers each request of these tests in far less than a read timeout.
    """
    return [a for a in attempts if a.error is ErrorClass.READ_TIMEOUT]


def named(folder: RunFolder) -> dict[str, list[Attempt]]:
    """The attempts that came to their end, by the name of their request."""
    ended = [a for a in attempts_of(folder) if a.error is not ErrorClass.READ_TIMEOUT]
    return {
        name: [a for a in ended if a.name == place]
        for place, name in enumerate(request_names(folder))
    }


def test_each_task_is_an_intent_that_starts_with_its_first_request(
    tmp_path: Path, server: LoadServer
) -> None:
    folder = lived(tmp_path, TWO_GETS, server=server)
    starts, attempts = read_schedule(folder.schedule), attempts_of(folder)
    assert 20 < len(starts) == done(folder).started
    assert starts == sorted(starts)
    assert {a.intent for a in attempts} == set(range(len(starts)))
    first = [a for a in attempts if a.attempt == 1]
    assert [a.due_us for a in sorted(first)] == starts
    assert max(a.late_us for a in first) < 200_000
    found = named(folder)
    assert len(starts) >= len(found["a"]) >= len(found["b"]) >= len(starts) - 2
    assert not any(a.effect for a in attempts)
    cut_off = len(cut(attempts))
    assert cut_off <= 2
    assert (done(folder).requests, done(folder).outside) == (len(attempts) - cut_off + 2, 2)


def test_the_load_process_alone_has_the_folder_on_its_path(
    tmp_path: Path, server: LoadServer
) -> None:
    lived(tmp_path, TWO_GETS, server=server)
    assert str(tmp_path / "elsewhere") not in sys.path
    assert "neighbour" not in sys.modules


def test_a_request_has_an_effect_if_it_carries_the_key_or_says_so(
    tmp_path: Path, server: LoadServer
) -> None:
    folder = lived(tmp_path, BUYS, server=server)
    found = named(folder)
    looks, buys = found["look"], found["buy"]
    assert {a.effect for a in buys} == {True} == {a.effect for a in found["other"]}
    assert not any(a.effect for a in looks)
    assert {a.outcome for a in buys} == {Outcome.OK}
    assert {a.status for a in looks} == {404}
    whole = {f"t-{a.intent}" for a in buys}
    assert whole <= server.keys.keys()


def test_own_keys_are_stored_and_a_broken_task_is_not_good(
    tmp_path: Path, server: LoadServer
) -> None:
    folder = lived(tmp_path, OWN_KEYS, server=server)
    rows = [msgspec.json.decode(line) for line in folder.keys_rows.read_bytes().splitlines()]
    found = named(folder)
    cut_off = cut(attempts_of(folder))
    assert {row["intent"] for row in rows} == {a.intent for a in found["buy"] + cut_off}
    assert server.keys.keys() <= {row["key"] for row in rows}
    assert len(rows) - len(server.keys) <= 2  # cut at the end of the load
    assert found["(task)"]
    assert {a.outcome for a in found["(task)"]} == {Outcome.INFO}
    ended = len(found["buy"]) + len(found["(task)"])
    assert len(read_schedule(folder.schedule)) == ended + len(cut_off)


def test_a_user_of_another_protocol_is_recorded_too(tmp_path: Path, server: LoadServer) -> None:
    folder = lived(tmp_path, OWN_PROTOCOL, users=1, server=server)
    found = named(folder)["publish"]
    assert 10 <= len(found) <= 20
    assert {(a.took_us, a.outcome) for a in found} == {(50_000, Outcome.OK)}
    assert len(read_schedule(folder.schedule)) - len(found) <= 1


def test_locust_s_web_ui_counts_what_is_recorded(tmp_path: Path, server: LoadServer) -> None:
    folder, port = folder_of(tmp_path), free_port()
    file = tmp_path / "locustfile.py"
    file.write_text(BUYS)
    plan = plan_of(folder, server.url, 1.5)
    plan = msgspec.structs.replace(plan, scenario=str(file), locust_ui=port, stop_s=4)
    with Generator.start(plan, folder) as generator:
        begin(generator)
        until(lambda: server.answered > 20)
        page = msgspec.json.decode(ask(port, "/stats/requests"))
        recorded = len(attempts_of(folder))
        generator.wait_done(15)
        until(lambda: not generator.alive())
    total = page["stats"][-1]
    assert total["name"] == "Aggregated"
    assert 0 < total["num_requests"] <= recorded
    attempts = attempts_of(folder)
    assert done(folder).requests == len(attempts) - len(cut(attempts))


def test_a_request_whose_connection_is_closed_is_not_repeated(
    tmp_path: Path, server: LoadServer
) -> None:
    server.trouble = {"hang up on a look": 5}
    folder = lived(tmp_path, LOOKS, users=1, server=server)
    looks = named(folder)["look"]
    assert len([a for a in looks if a.error is ErrorClass.RESET]) == 5
    assert abs(len(looks) - server.asked["one"]) <= 1  # the last may be cut before it is sent


def test_a_visit_whose_second_request_fails_has_one_step_ok_and_one_unknown(
    tmp_path: Path, server: LoadServer
) -> None:
    server.trouble = {"broken": 1_000_000}
    found = named(lived(tmp_path, LOOK_AND_BUY, server=server))
    assert {a.outcome for a in found["buy"]} == {Outcome.INFO}
    assert {a.status for a in found["buy"]} == {500}
    assert not any(a.effect for a in found["buy"])
    assert {a.intent for a in found["look"]} >= {a.intent for a in found["buy"]}
