"""The reference services as real processes for tests: start, ask, kill, read their lines."""

from __future__ import annotations

import csv
import io
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

ROOT = Path(__file__).parents[2]
START_TIMEOUT_S = 20.0


class RunningService:
    """One service process; its JSON log lines come in as they are written."""

    def __init__(self, module: str, environ: Mapping[str, str]) -> None:
        self.lines: list[dict[str, Any]] = []
        self._new: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", module],
            env={**os.environ, "PORT": "0", "PYTHONPATH": str(ROOT), **environ},
            stdout=subprocess.PIPE,
            cwd="/",
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.url = f"http://127.0.0.1:{self.wait_for('listening')['port']}"

    def _read(self) -> None:
        if self.process.stdout is None:
            return
        for line in self.process.stdout:
            self._new.put(json.loads(line))
        self._new.put(None)

    def wait_for(self, event: str, timeout_s: float = START_TIMEOUT_S) -> dict[str, Any]:
        """The first log line of this kind, past or to come."""
        for line in self.lines:
            if line["event"] == event:
                return line
        end_s = time.monotonic() + timeout_s
        while True:
            line_or_end = self._new.get(timeout=max(end_s - time.monotonic(), 0.001))
            if line_or_end is None:
                raise RuntimeError(f"the process ended without a line {event!r}")
            self.lines.append(line_or_end)
            if line_or_end["event"] == event:
                return line_or_end

    def wait_until_ready(self, timeout_s: float = START_TIMEOUT_S) -> None:
        poll(lambda: self.get("/ready").status_code == httpx.codes.OK, timeout_s)

    def get(self, path: str) -> httpx.Response:
        with httpx.Client(trust_env=False, timeout=5) as client:
            return client.get(self.url + path)

    def post(self, path: str, body: object, **headers: str) -> httpx.Response:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        with httpx.Client(trust_env=False, timeout=5) as client:
            return client.post(self.url + path, json=body, headers=names)

    def evidence(self, path: str) -> list[dict[str, Any]]:
        """Its rows; of CSV all values are texts."""
        answer = self.get(path)
        if answer.headers["content-type"] == "text/csv":
            return list(csv.DictReader(io.StringIO(answer.text)))
        return [json.loads(line) for line in answer.text.splitlines()]

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """The exit code."""
        self.process.send_signal(sign)
        try:
            code = self.process.wait(15)
        finally:
            if self.process.poll() is None:
                self.process.kill()
        self._reader.join(5)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


class RunningSystem:
    """Bank, ledger and payments; more replicas on request. Everything ends with the block."""

    def __init__(self, ledger_db: str, payments_db: str, folder: Path) -> None:
        self._ledger_db, self._payments_db, self._folder = ledger_db, payments_db, folder
        self._services: list[RunningService] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for service in reversed(self._services):
            service.stop(signal.SIGKILL)

    def bank(self) -> RunningService:
        return self._start("bank", {"DATA_DIR": str(self._folder)})

    def ledger(self, **environ: str) -> RunningService:
        return self._start("ledger", {"DATABASE_URL": self._ledger_db, **environ})

    def payments(self, ledger: str, bank: str, **environ: str) -> RunningService:
        urls = {"LEDGER_URL": ledger, "BANK_URL": bank, "DATABASE_URL": self._payments_db}
        return self._start("payments", {**urls, **environ})

    def _start(self, name: str, environ: Mapping[str, str]) -> RunningService:
        service = RunningService(f"reference_services.{name}.app", environ)
        self._services.append(service)
        service.wait_until_ready()
        return service


def poll(condition: Callable[[], bool], timeout_s: float) -> None:
    """Wait until it holds, or raise TimeoutError. It waits on an event that is never set."""
    end_s = time.monotonic() + timeout_s
    pause = threading.Event()
    while not condition():
        if time.monotonic() > end_s:
            raise TimeoutError("the condition did not come to hold")
        pause.wait(0.02)
