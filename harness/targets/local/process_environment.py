"""The environment that a process was started with, by the kernel's word.

LD_PRELOAD is only part of it if its libraries were loaded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from harness.targets.local.process_name import process_of, seen_of

PRELOAD: Final = "LD_PRELOAD"


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
    found = {name: value for name, _, value in pairs}
    if PRELOAD in found and not _are_loaded(found[PRELOAD], process.pid):
        del found[PRELOAD]
    return found


def _are_loaded(libraries: str, pid: int) -> bool:
    """Whether the process has these libraries in its memory: the linker ignores missing ones."""
    try:
        mapped = Path(f"/proc/{pid}/maps").read_text(errors="replace")
    except OSError:
        return False
    names = [one.rpartition("/")[2].partition(".so")[0] for one in re.split("[: ]+", libraries)]
    return all(re.search(rf"/{re.escape(name)}[.-][^/\n]*\n", mapped) for name in names if name)
