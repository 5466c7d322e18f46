"""A load through a proxy: client and server share the first core, the proxy has the last alone."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.proxies import end, on_core

Times = npt.NDArray[np.int64]
_OVERHEAD_LIMIT_S: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Every answered request: when it was sent and answered, ns, ordered by the answer."""

    sent_ns: Times
    answered_ns: Times
    seconds: float

    @property
    def took_ms(self) -> npt.NDArray[np.float64]:
        """How long each took, as its client saw it."""
        return (self.answered_ns - self.sent_ns) / 1e6

    @property
    def per_s(self) -> float:
        """Answers a second."""
        return len(self.sent_ns) / self.seconds


class Load:
    """A client process that runs for a fixed time."""

    def __init__(
        self, ports: Sequence[int], connections: int, seconds: float, folder: Path
    ) -> None:
        self._seconds, self._file = seconds, folder / "asked"
        argv = (",".join(map(str, ports)), str(connections), str(seconds), str(self._file))
        with on_core(0):
            self._process = subprocess.Popen(
                (sys.executable, "-m", "benchmarks.loopback_client", *argv), stderr=subprocess.PIPE
            )

    def result(self) -> Asked:
        """Wait for its end. Raises OSError with its last words; nothing is guessed."""
        try:
            _, said = self._process.communicate(timeout=self._seconds + _OVERHEAD_LIMIT_S)
        finally:
            end(self._process)
        if self._process.returncode:
            raise OSError(f"the client: {said.decode().strip().splitlines()[-1:]}")
        both = np.fromfile(self._file, np.int64).reshape(-1, 2)
        if not len(both):
            raise OSError("no request was answered")
        return Asked(sent_ns=both[:, 0], answered_ns=both[:, 1], seconds=self._seconds)


@contextlib.contextmanager
def server() -> Iterator[int]:
    """The port of a server on the first core."""
    with on_core(0):
        process = subprocess.Popen(
            (sys.executable, "-m", "benchmarks.loopback_server"), stdout=subprocess.PIPE
        )
    try:
        said = process.stdout.readline() if process.stdout else b""
        yield int(said)
    finally:
        if process.stdout:
            process.stdout.close()
        end(process)


@contextlib.contextmanager
def awake() -> Iterator[None]:
    """Keep the first core awake with a busy loop of the lowest priority.

    A sleeping core wakes 20 to 180 us late on a virtual machine; the cores of a loaded server do
    not sleep, so that delay is not a property of the proxies.
    """
    with on_core(0):
        process = subprocess.Popen((sys.executable, "-m", "benchmarks.wakeful_core"))
    try:
        yield
    finally:
        end(process)


def load(port: int, connections: int, seconds: float) -> Asked:
    """One client's load from its begin to its end."""
    return spread((port,), connections, seconds)


def spread(ports: Sequence[int], connections: int, seconds: float) -> Asked:
    """The same, with its connections dealt out to several ports."""
    with tempfile.TemporaryDirectory() as folder:
        return Load(ports, connections, seconds, Path(folder)).result()


def memory_mb(pid: int) -> float:
    """The most that a process has had resident, since its start."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (peak,) = (line.split()[1] for line in lines if line.startswith("VmHWM"))
    return int(peak) * 1024 / 1e6


def cpu_us(pid: int) -> float:
    """What all threads of a process have spent until now; exact, not in ticks."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((t / "schedstat").read_text().split()[0]) for t in threads) / 1000
