"""Runs of the real generator against the small server, and what they left."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

from harness.clock import NS_PER_S
from harness.load.generator import Generator
from harness.load.records import Attempt
from harness.store import LoadPlan, RunFolder
from harness.view.tail import RunFollower

SEED = 7
READY_S = 20.0


def folder_of(tmp_path: Path) -> RunFolder:
    """A run's folder, made."""
    folder = RunFolder(tmp_path / "run")
    folder.create()
    return folder


def plan_of(
    folder: RunFolder, host: str, load_s: float, *, rate_scale: float = 1.0, workers: int = 1
) -> LoadPlan:
    """Steady payments at 120/s times the scale, with ten seconds to end."""
    return LoadPlan(
        scenario="steady_payments",
        seed=SEED,
        rate_scale=rate_scale,
        host=host,
        folder=str(folder.root),
        intent_prefix="t",
        load_s=load_s,
        stop_s=load_s + 10,
        workers=workers,
    )


def begin(generator: Generator) -> int:
    """Wait until it is ready and let it start in 0.1 s; the run's zero."""
    generator.wait_ready(READY_S)
    zero_ns = time.monotonic_ns() + NS_PER_S // 10
    generator.go(zero_ns)
    return zero_ns


def attempts_of(folder: RunFolder) -> list[Attempt]:
    """All attempts of all workers; a torn last record is left out."""
    return list(RunFollower(folder).attempts())


def until(holds: Callable[[], bool], timeout_s: float = 10.0) -> None:
    """Look every 10 ms; fails when it does not come true in time."""
    never, ends_s = threading.Event(), time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < ends_s, "did not come true in time"
        never.wait(0.01)


def let_pass(seconds: float) -> None:
    """For what is itself a span of time: a freeze, a stopped process."""
    threading.Event().wait(seconds)


def ask(port: int, path: str, form: str = "") -> bytes:
    """One request to Locust's page; empty when nobody listens yet."""
    page = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        page.request("POST" if form else "GET", path, form or None, headers)
        return page.getresponse().read()
    except ConnectionRefusedError:
        return b""
    finally:
        page.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
