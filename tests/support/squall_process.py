"""A real `squall` in a place of its own: shortened experiments, free ports, private state."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml

from harness.safety.identity import is_alive
from harness.safety.undo import UndoRecord, pending
from harness.timeline import Event

ROOT = Path(__file__).parents[2]
LIMIT_S = 60.0
INVALID = 3
SHORT = {"warm_up_s": 1, "baseline_s": 4, "fault_s": 4, "recovery_s": 8, "drain_s": 6}


class Place:
    """Files, state and runs of one test; several commands may be run in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.state = root / "state"
        self.runs = root / "runs"
        self.system = root / "system.yaml"
        self.deployment = root / "deploy" / "local.yaml"
        self.deployment.parent.mkdir(exist_ok=True)
        self.system.write_text((ROOT / "reference_services" / "system.yaml").read_text())
        text = (ROOT / "deploy" / "local.yaml").read_text()
        self.deployment.write_text(text.replace(", port: 18080", ""))

    def experiment(self, name: str, **changes: Any) -> Path:  # noqa: ANN401  # YAML's own values
        """A copy of one of the project's experiments that lasts seconds; its terms changed."""
        read = yaml.safe_load((ROOT / "experiments" / name / "experiment.yaml").read_text())
        terms = next(e for e in read["extensions"] if e["name"] == "squall")
        terms["phases"] = dict(SHORT)
        terms["hold_s"] = 5
        terms["scenario"] = "steady_payments"
        read["method"][0]["pauses"] = {"after": SHORT["fault_s"]}
        arguments = changes.pop("arguments", {})
        read["method"][0]["provider"]["arguments"].update(arguments)
        terms.update(changes)
        path = self.root / name / "experiment.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(read, sort_keys=False))
        return path

    def environment(self, **more: str) -> dict[str, str]:
        """A lock, a state and temporary files of one's own."""
        own = {"TMPDIR": str(self.root), "SQUALL_STATE_DIR": str(self.state), "NO_COLOR": "1"}
        return {**os.environ, **own, **more}

    def command(self, *arguments: str) -> list[str]:
        """`squall` as the console script runs it."""
        return [sys.executable, "-c", "import cli; cli.main()", *arguments]

    def call(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """One command to its end."""
        return subprocess.run(
            self.command(*arguments),
            cwd=ROOT,
            env=self.environment(**env),
            capture_output=True,
            text=True,
            timeout=LIMIT_S * 2,
            check=False,
        )

    def call_undisturbed(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One run; it is made again, at most twice, when others took the machine from it."""
        done = self.call(*arguments)
        for _ in range(2):
            if done.returncode != INVALID or not self.was_disturbed():
                break
            done = self.call(*arguments)
        return done

    def was_disturbed(self) -> bool:
        """Whether the newest run proves nothing since the machine was shared."""
        return any(r["code"] == "machine_shared" for r in self.verdict()["reasons"])

    def run_arguments(self, experiment: Path, *more: str) -> tuple[str, ...]:
        """`run EXPERIMENT` in this place."""
        where = ("--runs-dir", str(self.runs), "--system", str(self.system))
        return ("run", str(experiment), *where, *more)

    def start_run(self, experiment: Path, *more: str) -> subprocess.Popen[bytes]:
        """A run in a session of its own, so that a signal meets the harness alone."""
        return subprocess.Popen(
            self.command(*self.run_arguments(experiment, *more)),
            cwd=ROOT,
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def folder(self) -> Path:
        """The newest run's folder."""
        return max(self.runs.glob("*/*"), key=lambda path: path.name)

    def events(self) -> list[Event]:
        """The newest run's timeline so far, whole lines only."""
        raw = (self.folder() / "timeline.ndjson").read_bytes()
        lines = raw[: raw.rfind(b"\n") + 1].splitlines()
        return [msgspec.json.decode(line, type=Event) for line in lines]

    def has_event(self, source: str, kind: str) -> bool:
        """Whether the newest run's timeline tells of it."""
        if not any(self.runs.glob("*/*/timeline.ndjson")):
            return False
        return any(e.source == source and e.kind == kind for e in self.events())

    def processes(self) -> tuple[UndoRecord, ...]:
        """Every process that the run has started and not ended."""
        return tuple(r for r in pending(self.state / "undo.ndjson") if r.kind == "process")

    def faults(self) -> tuple[UndoRecord, ...]:
        """Every fault that is on."""
        return tuple(
            r
            for r in pending(self.state / "undo.ndjson")
            if r.kind not in ("process", "run", "folder")
        )

    def verdict(self) -> dict[str, Any]:
        """verdict.json of the newest run."""
        return dict(json.loads((self.folder() / "verdict.json").read_text()))


def wait_until(holds: Callable[[], bool], limit_s: float = LIMIT_S) -> float:
    """Look again until it holds; seconds that it took. Raises AssertionError at the limit."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > limit_s:
            raise AssertionError(f"did not hold within {limit_s:g} s")
        threading.Event().wait(0.02)
    return time.monotonic() - began


def alive(processes: Sequence[UndoRecord]) -> list[str]:
    """Which of them still live."""
    return [r.resource for r in processes if is_alive(r.pid, r.started_ticks)]


def pass_s(seconds: float) -> None:
    """Let that much time of a run go by."""
    until_s = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() >= until_s)


def send(process: subprocess.Popen[bytes], sig: signal.Signals) -> None:
    """Signal that process alone."""
    process.send_signal(sig)
