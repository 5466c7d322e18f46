"""A real `squall` over a small system: one database, three tiny instances, a run of seconds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.support.squall_process import ROOT, Place, wait_until
from tests.support.target_system import SYSTEM

PHASES = {"warm_up_s": 0.3, "baseline_s": 1.0, "fault_s": 0.5, "recovery_s": 0.3, "drain_s": 0.3}
PROCESS_LIMIT_S = 2.0
GENERATOR_LIMIT_S = 5.0


class SmallPlace(Place):
    """Files, state and runs of one test. Leftovers are searched without Squall's own marks."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.system.write_text(SYSTEM)
        self.deployment.unlink()
        changes = {
            "phases": PHASES,
            "hold_s": 0.2,
            "to_the_end": True,
            "evidence": [],
            "blast_radius": {"services": ["back"], "max_instances": 1},
            "arguments": {"service": "back"},
        }
        self.short = self.experiment("payments-paused", **changes)
        text = self.short.read_text()
        self.short.write_text(text.replace("after: 4", f"after: {PHASES['fault_s']}"))

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """`squall WORDS` in a session of its own."""
        return self._start(self.command(*words))

    def start_and_die(self, step: str, sig: signal.Signals, *words: str) -> subprocess.Popen[bytes]:
        """`squall WORDS` that signals itself at one step: see killed_step.py."""
        program = [sys.executable, "-m", "tests.support.killed_step", step, str(sig.value), *words]
        return self._start(program)

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def run_words(self) -> tuple[str, ...]:
        """The short run."""
        return self.run_arguments(self.short, "--rate-scale", "3")

    def living(self) -> dict[int, str]:
        """Processes that belong to this place: by TMPDIR, which all inherit, or where they work."""
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid() and self._is_mine(entry):
                found[int(entry.name)] = _said_of(entry)
        return found

    def wait_until_none_lives(self) -> float:
        """Seconds until nothing is left. The generator has longer; raises AssertionError."""
        took_s = wait_until(
            lambda: all("load" in said for said in self.living().values()), PROCESS_LIMIT_S
        )
        return took_s + wait_until(lambda: not self.living(), GENERATOR_LIMIT_S - took_s)

    def bulky(self) -> list[str]:
        """Database files, half-written files and sockets, anywhere in the place."""
        names = [p for p in self.root.rglob("*") if p.name in ("data", "data.part")]
        names += [p for p in self.root.rglob("*.part") if p.is_file()]
        names += [p for p in self.state.glob("*") if p.is_socket()]
        names += list(self.state.glob(".s.PGSQL*"))
        return sorted(str(p.relative_to(self.root)) for p in names)

    def heal(self) -> None:
        """Heal, and look whether that is true."""
        healed = self.call("heal")
        assert healed.returncode == 0, healed.stdout + healed.stderr
        assert self.living() == {}, f"alive: {self.living()}"
        assert self.bulky() == [], f"on disk: {self.bulky()}"
        assert not (self.state / "undo.ndjson").exists(), "the undo log is still there"

    def _is_mine(self, entry: Path) -> bool:
        try:
            raw = b"\0" + (entry / "environ").read_bytes()
            if f"\0TMPDIR={self.root}\0".encode() in raw:
                return _said_of(entry) != ""
            return (entry / "cwd").readlink().is_relative_to(self.root)
        except OSError:
            return False


def _said_of(entry: Path) -> str:
    """Its command line; "" of a zombie."""
    return (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
