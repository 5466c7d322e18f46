"""Two workers that share neither a network nor a clock with the master start every arrival once."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from harness.load.generator import Generator
from harness.load.traffic import read_schedule
from tests.support.load_runs import (
    READY_S,
    attempts_of,
    begin,
    folder_of,
    free_port,
    plan_of,
    until,
)
from tests.support.load_server import LoadServer

USER = """
from harness.load.traffic import Steady
from locust import FastHttpUser, task
from harness.load.locust.open_loop import OpenLoop

CURVE = Steady(per_s=120)

class Buyer(OpenLoop, FastHttpUser):
    @task
    def buy(self):
        self.client.post("/v1/payments", json={"amount_minor": 1, "currency": "EUR"},
                         headers={"Idempotency-Key": self.intent.key}, name="buy")
"""
AHEAD_S = (1000, 7000)
NET = "10.213.{}.{}"


def permitted() -> bool:
    tried = ["unshare", "-n", "-T", "--monotonic", "1000", "ip", "link"]
    try:
        return subprocess.run(tried, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def network_of(pid: str) -> str:
    return str(Path(f"/proc/{pid}/ns/net").readlink())


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextlib.contextmanager
def worker(number: int, file: Path, port: int, url: str) -> Iterator[None]:
    """A Locust worker in a network and a time namespace of its own."""
    ours, theirs = f"sq{number}h", f"sq{number}w"
    here, there = NET.format(number, 1), NET.format(number, 2)
    locust = f"{sys.executable} -I -m harness.load.locust -f {file} --worker --headless"
    script = (
        f"read go; ip link set lo up; ip addr add {there}/24 dev {theirs}; ip link set {theirs} up;"
        f" ip route add default via {here};"
        f" exec {locust} --host {url} --master-host {here} --master-port {port}"
    )
    process = subprocess.Popen(
        ["unshare", "-n", "-T", "--monotonic", str(AHEAD_S[number]), "sh", "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        ip("link", "add", ours, "type", "veth", "peer", "name", theirs)
        ip("addr", "add", f"{here}/24", "dev", ours)
        ip("link", "set", ours, "up")
        until(lambda: network_of(str(process.pid)) != network_of("self"))
        ip("link", "set", theirs, "netns", str(process.pid))
        process.communicate(b"go\n", timeout=0.01)
    except subprocess.TimeoutExpired:
        pass
    try:
        yield
    finally:
        process.kill()
        process.wait()
        subprocess.run(["ip", "link", "del", ours], check=False, capture_output=True)


@pytest.mark.alone
@pytest.mark.skipif(not permitted(), reason="network and time namespaces are not permitted here")
def test_two_workers_in_namespaces_start_every_arrival_once(tmp_path: Path) -> None:
    folder, port = folder_of(tmp_path), free_port()
    file = tmp_path / "buyer.py"
    file.write_text(USER)
    with LoadServer("0.0.0.0") as server:  # noqa: S104  # its only peers are in the namespaces
        url = server.url.replace("0.0.0.0", NET.format(0, 1))  # noqa: S104
        plan = msgspec.structs.replace(
            plan_of(folder, url, 2, workers=2), scenario=str(file), workers_at=f"0.0.0.0:{port}"
        )
        with (
            Generator.start(plan, folder) as generator,
            worker(0, file, port, url),
            worker(1, file, port, url),
        ):
            ready = generator.wait_ready(READY_S)
            begin(generator)
            done = generator.wait_done(15)
    scheduled, attempts = read_schedule(folder.schedule), attempts_of(folder)
    assert sorted(a.intent for a in attempts) == list(range(len(scheduled)))
    assert server.keys == {f"t-{intent}": 1 for intent in range(len(scheduled))}
    assert [d.died for d in done] == ["", ""]
    assert all(0 < r.clock_error_ms < 50 for r in ready)
    assert max(a.late_us for a in attempts) < 1_000_000
