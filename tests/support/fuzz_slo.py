"""Reads mutated SLO documents: `python -m tests.support.fuzz_slo [COUNT] [SEED]`.

Each mutant is read without a crash, or refused with file, line, allowed values and fix.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from harness.errors import ConfigError
from harness.slo.documents import PRESETS, read_slo_files
from tests.support.mutants import mutants

_PARTS: Final = re.compile(r"\S+\.yaml:(?:\d+:)? .+; allowed: .+; fix: .+", re.DOTALL)


@dataclass(slots=True)
class SloOutcome:
    """What became of some mutants."""

    count: int = 0
    refused: int = 0
    unclear: list[str] = field(default_factory=list)
    crashed: list[str] = field(default_factory=list)
    slowest_s: float = 0.0


def fuzz_slo(count: int, seed: int, folder: Path) -> SloOutcome:
    """Read `count` mutants, half of them SLOs and half recovery objectives."""
    out, path = SloOutcome(), folder / "slo.yaml"
    for raw in _raws(count, seed):
        path.write_bytes(raw)
        out.count += 1
        began_s = time.monotonic()
        try:
            read_slo_files([path])
        except ConfigError as error:
            out.refused += 1
            out.unclear += [p for p in error.problems if not _PARTS.fullmatch(p)]
        except BaseException:  # noqa: BLE001  # any other error is what is looked for
            out.crashed.append(f"{traceback.format_exc(limit=-3)}\n{raw[:400]!r}")
        out.slowest_s = max(out.slowest_s, time.monotonic() - began_s)
    return out


def _raws(count: int, seed: int) -> Iterator[bytes]:
    slo, _, recovery = (PRESETS / "payments.yaml").read_text().partition("---\n")
    recovery = recovery.replace("-recovery}", "-recovery, annotations: {owners: [a, b]}}")
    for mutant in mutants(slo, count - count // 2, seed):
        yield mutant.raw + b"\n---\n" + recovery.encode()
    for mutant in mutants(recovery, count // 2, seed):
        yield slo.encode() + b"\n---\n" + mutant.raw


def main(arguments: list[str]) -> int:
    """Print what became of them."""
    count, seed = (int(word) for word in (*arguments, "10000", "1")[:2])
    with tempfile.TemporaryDirectory() as folder:
        out = fuzz_slo(count, seed, Path(folder))
    lines = [
        f"{out.count} mutants, {out.refused} refused, slowest {out.slowest_s:.2f} s",
        f"{len(out.crashed)} crashed, {len(out.unclear)} refused without file, line and fix",
        *out.crashed[:3],
        *out.unclear[:10],
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if out.crashed or out.unclear else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
