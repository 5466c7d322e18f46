"""The environment that a process was started with, by the kernel's word."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harness.targets.local.process_name import process_of, seen_of


def environment_of(identity: str) -> Mapping[str, str] | None:
    """The variables of that very process; None if it has ended or was never there."""
    process = process_of(identity)
    if not process.pid:
        return None
    try:
        raw = Path(f"/proc/{process.pid}/environ").read_bytes()
    except OSError:
        return None
    # Looked at after the reading: the process of that number may be another one by now.
    if not raw or seen_of(identity) == "gone":
        return None
    pairs = (line.partition("=") for line in raw.decode(errors="replace").split("\0") if line)
    return {name: value for name, _, value in pairs}
