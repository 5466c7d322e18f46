"""Peers: programs of others that do the same job; found on the PATH or in our own folder.

`install` builds them with their own package manager (Go modules, Rust crates) into `PEERS`; nothing
of theirs is kept in the checkout.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PEERS: Final = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "squall" / "peers"
INSTALL_LIMIT_S: Final = 1200  # oha takes seven minutes on two cores
GO_MODULES: Final = {
    "toxiproxy-server": "github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0",
    "vegeta": "github.com/tsenart/vegeta/v12@v12.12.0",
    "hey": "github.com/rakyll/hey@v0.1.4",
    "k6": "go.k6.io/k6@v1.3.0",
}
CARGO_CRATES: Final = {"oha": "oha@1.16.0"}


def find(program: str) -> Path | None:
    """Where a peer is, if it is."""
    own = PEERS / program
    if own.exists():
        return own
    there = shutil.which(program)
    return Path(there) if there else None


def missing(program: str) -> str:
    """Why a peer cannot run here, or ""."""
    return "" if find(program) else "not installed (squall bench --install-peers)"


def install() -> tuple[str, ...]:
    """Build every peer that is not there; what was done, a sentence each."""
    wanted = [(p, _by_go(m)) for p, m in GO_MODULES.items()]
    wanted += [(p, _by_cargo(c)) for p, c in CARGO_CRATES.items()]
    return tuple(_install(program, build) for program, build in wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Build:
    """A package manager's command, and where it leaves the program."""

    line: tuple[str, ...]
    environ: Mapping[str, str]
    leaves: Path


def _by_go(module: str) -> _Build:
    last = module.split("@", maxsplit=1)[0].rsplit("/", 1)[-1]
    program = module.split("/")[-2] if re.fullmatch(r"v\d+", last) else last
    line = ("go", "install", module)
    return _Build(line=line, environ={"GOBIN": str(PEERS)}, leaves=PEERS / program)


def _by_cargo(crate: str) -> _Build:
    line = ("cargo", "install", "--locked", "--quiet", "--root", str(PEERS), crate)
    return _Build(line=line, environ={}, leaves=PEERS / "bin" / crate.split("@", maxsplit=1)[0])


def _install(program: str, build: _Build) -> str:
    if find(program):
        return f"{program}: there already"
    if shutil.which(build.line[0]) is None:
        return f"{program}: {build.line[0]} is not on the PATH, so it could not be built"
    PEERS.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        build.line,
        env={**os.environ, **build.environ},
        capture_output=True,
        text=True,
        timeout=INSTALL_LIMIT_S,
        check=False,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no word"]
        return f"{program}: could not be built: {last[0]}"
    build.leaves.rename(PEERS / program)
    return f"{program}: built"
