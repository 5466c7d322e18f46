"""The load process: start it by a plan, give it the zero, know when it has ended or died.

Both drivers (harness/load/locust, harness/load/lean) speak by the same files of the run's folder.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

from harness.errors import TargetError
from harness.load.plan import PLAN_VARIABLE
from harness.load.scenario import LEAN, engine_of, scenario_path, users_file
from harness.python_child import CHECKOUT, python_module
from harness.safety.tied import tie
from harness.store import LoadDone, LoadGo, LoadPlan, LoadReady, RunFolder, read_json, write_json

STOP_S: Final = 3.0
MOST_PER_WORKER_S: Final = 2000
_LOG: Final = "load"
_STATISTICS: Final = "locust"  # Locust adds _stats.csv, _stats_history.csv, _failures.csv ...
_POLL_S: Final = 0.01
T = TypeVar("T")


class Generator:
    """A running load process, in a session of its own; `with` makes sure that it ends."""

    def __init__(self, process: subprocess.Popen[bytes], plan: LoadPlan, folder: RunFolder) -> None:
        """Of `start`; not called by hand."""
        self._process, self._plan, self._folder = process, plan, folder

    @classmethod
    def start(cls, plan: LoadPlan, folder: RunFolder) -> Generator:
        """Store the plan and start its driver on it, with its output in the run's logs.

        Returns at once. Raises ConfigError (no such scenario), OSError.
        """
        file = scenario_path(plan.scenario)
        write_json(folder.plan, plan)
        with folder.log(_LOG).open("wb") as log:
            process = subprocess.Popen(
                _command(file, plan),
                cwd=CHECKOUT,
                env=_environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=tie(),  # noqa: PLW1509  # system calls only
            )
        return cls(process, plan, folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The first process of the load; it leads the session and the process group."""
        return self._process.pid

    def wait_ready(self, timeout_s: float) -> tuple[LoadReady, ...]:
        """Until every worker has its schedule and its users. Raises TargetError."""
        return self._wait(self._folder.ready, LoadReady, timeout_s)

    def go(self, t0_mono_ns: int) -> None:
        """Give the run's zero; it may lie in the future, and should, by some 100 ms."""
        write_json(self._folder.go, LoadGo(t0_mono_ns=t0_mono_ns))

    def alive(self) -> bool:
        """Whether the first process still runs. A dead one is not reaped before `stop`."""
        if self._process.returncode is not None:
            return False
        waited = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return waited is None

    def died(self) -> bool:
        """Whether it ended before every worker came to its end.

        It ends before the load does if the last arrival has been answered by then.
        """
        return not self.alive() and not all(
            file.exists() for file in self._paths(self._folder.done)
        )

    def wait_done(self, timeout_s: float) -> tuple[LoadDone, ...]:
        """Until every worker came to its end by itself. Raises TargetError."""
        return self._wait(self._folder.done, LoadDone, timeout_s)

    def stop(self) -> None:
        """End the whole process group: asked first, then killed. Safe to repeat.

        The group's number stays ours until the first process is reaped, which happens last.
        """
        if self._process.returncode is not None:
            return
        ends_s = time.monotonic() + STOP_S
        if self.alive():
            os.killpg(self.pid, signal.SIGTERM)
        while self.alive() and time.monotonic() < ends_s:
            time.sleep(_POLL_S)
        os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def _wait(self, path: Callable[[int], Path], kind: type[T], timeout_s: float) -> tuple[T, ...]:
        paths = self._paths(path)
        ends_s = time.monotonic() + timeout_s
        while not all(file.exists() for file in paths):
            if not self.alive() and not all(file.exists() for file in paths):
                raise TargetError(f"the load generator died: {self._last_words()}")
            if time.monotonic() >= ends_s:
                missing = next(file.name for file in paths if not file.exists())
                text = f"the load generator wrote no {missing} within {timeout_s:g} s"
                raise TargetError(f"{text}: {self._last_words()}")
            time.sleep(_POLL_S)
        return tuple(read_json(file, kind) for file in paths)

    def _paths(self, path: Callable[[int], Path]) -> list[Path]:
        return [path(worker) for worker in range(self._plan.workers)]

    def _last_words(self) -> str:
        lines = self._folder.log(_LOG).read_text("utf-8", errors="replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        errors = [line for line in said if "/ERROR/" in line or "/CRITICAL/" in line]
        return (errors or said or ["it said nothing"])[-1]


def overload(worker: int, peak_per_s: int) -> str:
    """What to say of a worker that is asked for more than one process holds; "" of another."""
    if peak_per_s <= MOST_PER_WORKER_S:
        return ""
    text = f"load worker {worker} is asked for {peak_per_s:,} arrivals/s at its peak"
    return f"{text}, above {MOST_PER_WORKER_S:,}: it may start late; more --workers share the load"


def _command(file: Path, plan: LoadPlan) -> list[str]:
    if engine_of(file) == LEAN and not plan.workers_at:
        return [*python_module("harness.load.lean")]
    users = users_file(file)
    command = [*python_module("harness.load.locust", "-f", str(users), "--only-summary")]
    command += ["--host", plan.host, "--exit-code-on-error", "0"]
    command += ["--csv", str(RunFolder(Path(plan.folder)).load / _STATISTICS)]
    command += ["--users", str(max(plan.users, plan.workers))]
    command += ["--spawn-rate", str(plan.spawn_rate)]
    if plan.locust_ui:
        command += ["--autostart", "--web-host", "127.0.0.1", "--web-port", str(plan.locust_ui)]
    else:
        command += ["--headless"]
    if plan.workers_at:
        host, _, port = plan.workers_at.rpartition(":")
        command += ["--master", "--expect-workers", str(plan.workers)]
        command += ["--master-bind-host", host, "--master-bind-port", port]
    elif plan.workers > 1:  # another run's workers must not find this master
        port = str(_free_port())
        command += ["--processes", str(plan.workers), "--master-bind-host", "127.0.0.1"]
        command += ["--master-bind-port", port, "--master-port", port]
    return command


def _environment(folder: RunFolder) -> dict[str, str]:
    """Ours, less what would change Locust behind the run's back (~/.locust.conf, LOCUST_...)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
    return {**kept, "HOME": str(folder.load.absolute()), PLAN_VARIABLE: str(folder.plan.absolute())}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
