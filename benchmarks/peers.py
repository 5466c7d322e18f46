"""Peers: programs of others that do the same job; found on the PATH or in our own folder.

`install` builds them with their own package manager (Go modules) into `PEERS`; nothing of theirs is
kept in the checkout.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

PEERS: Final = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "squall" / "peers"
INSTALL_LIMIT_S: Final = 600
GO_MODULES: Final = {
    "toxiproxy-server": "github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0",
    "vegeta": "github.com/tsenart/vegeta/v12@v12.12.0",
    "hey": "github.com/rakyll/hey@v0.1.4",
    "k6": "go.k6.io/k6@v1.3.0",
}


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
    if shutil.which("go") is None:
        return ("go is not on the PATH, so no peer could be built",)
    return tuple(_install(program, module) for program, module in GO_MODULES.items())


def _install(program: str, module: str) -> str:
    if find(program):
        return f"{program}: there already"
    PEERS.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["go", "install", module],
        env={**os.environ, "GOBIN": str(PEERS)},
        capture_output=True,
        text=True,
        timeout=INSTALL_LIMIT_S,
        check=False,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no word"]
        return f"{program}: could not be built: {last[0]}"
    built = PEERS / ("server" if program == "toxiproxy-server" else program)
    built.rename(PEERS / program)
    return f"{program}: built"
