"""Checks mutated files and measures: `python -m tests.support.fuzz_files [COUNT] [SEED]`.

Half of them are experiments, half system files. In this process each is checked as `validate` does
it; every 250th goes through the real command line too. The documented figures are of 10,000.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from harness.errors import ConfigError
from harness.system import SystemFiles
from harness.validation.file_check import check_files
from reports.measures.metric_table import metric_units
from tests.support.documents_files import EXPERIMENT, ROOT, SYSTEM
from tests.support.mutants import Mutant, mutants

CLI_EVERY: Final = 250
_PARTS: Final = re.compile(r"\S+\.yaml:(?:\d+:)? .+; allowed: .+; fix: .+")


@dataclass(slots=True)
class Outcome:
    """What became of some mutants."""

    count: int = 0
    broken: int = 0
    refused: int = 0
    accepted: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    crashed: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    cli: list[str] = field(default_factory=list)
    cli_slowest_s: float = 0.0
    cli_largest_mb: float = 0.0


def fuzz(count: int, seed: int, folder: Path, *, with_cli: bool = False) -> Outcome:
    """Check `count` mutants, half of them experiments and half system files."""
    out = Outcome()
    for name, text, share in (
        ("experiment", EXPERIMENT, count - count // 2),
        ("system", SYSTEM, count // 2),
    ):
        for number, mutant in enumerate(mutants(text, share, seed)):
            files = _files(folder, name, mutant)
            _check(out, files, mutant)
            if with_cli and number % CLI_EVERY == 0:
                _through_cli(out, files, mutant)
    return out


def _files(folder: Path, name: str, mutant: Mutant) -> tuple[Path, Path]:
    experiment, system = folder / "experiment.yaml", folder / "system.yaml"
    experiment.write_text(EXPERIMENT)
    system.write_text(SYSTEM)
    (folder / f"{name}.yaml").write_bytes(mutant.raw)
    return experiment, system


def _check(out: Outcome, files: tuple[Path, Path], mutant: Mutant) -> None:
    out.count += 1
    out.broken += mutant.breaks
    began_s = time.monotonic()
    try:
        check_files(ROOT, (str(files[0]),), SystemFiles(system=files[1]), metric_units())
    except ConfigError as error:
        out.refused += 1
        out.unclear += [p for p in error.problems if not _PARTS.fullmatch(p)]
    except BaseException:  # noqa: BLE001  # any other error is what is looked for
        out.crashed.append(f"{mutant.kind}: {traceback.format_exc(limit=-3)}\n{mutant.raw[:0]!r}")
    else:
        out.accepted[mutant.kind] += 1
        if mutant.breaks:
            out.missed.append(f"{mutant.kind}: {_difference(mutant)}")
    out.slowest_s = max(out.slowest_s, time.monotonic() - began_s)


def _difference(mutant: Mutant) -> str:
    import yaml  # noqa: PLC0415  # only where something was missed

    new = yaml.safe_load(mutant.raw)
    for text in (EXPERIMENT, SYSTEM):
        old = yaml.safe_load(text)
        if isinstance(new, dict) and set(new) & set(old):
            sound, mutated = (yaml.safe_dump(v, sort_keys=False).split("\n") for v in (old, new))
            return " / ".join([line for line in mutated if line not in sound][:3])
    return ""


def _through_cli(out: Outcome, files: tuple[Path, Path], mutant: Mutant) -> None:
    command = [sys.executable, "-c", "import cli; cli.main()", "validate", str(files[0])]
    began_s = time.monotonic()
    timed = ["/usr/bin/time", "-f", "peak %M", *command, "--system", str(files[1])]
    done = subprocess.run(timed, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    out.cli_slowest_s = max(out.cli_slowest_s, time.monotonic() - began_s)
    peak = re.search(r"peak (\d+)", done.stderr)
    out.cli_largest_mb = max(out.cli_largest_mb, int(peak[1]) / 1024 if peak else 0.0)
    if done.returncode not in (0, 2) or "Traceback" in done.stderr:
        out.cli.append(f"{mutant.kind}: exit {done.returncode}: {done.stderr[-300:]}")


def main(arguments: list[str]) -> int:
    """Print what became of them."""
    count, seed = (int(word) for word in (*arguments, "10000", "1")[:2])
    with tempfile.TemporaryDirectory() as folder:
        out = fuzz(count, seed, Path(folder), with_cli=True)
    caught = out.broken - len(out.missed)
    lines = [
        f"{out.count} mutants, {out.refused} refused, accepted by kind: {dict(out.accepted)}",
        f"{out.broken} surely break a rule, {caught} of them refused ({caught / out.broken:.2%})",
        f"{len(out.crashed)} crashed, {len(out.unclear)} messages without all parts",
        f"slowest {out.slowest_s:.2f} s in process",
        f"command line: {len(out.cli)} wrong exits, slowest {out.cli_slowest_s:.2f} s",
        f"command line: largest {out.cli_largest_mb:.0f} MB",
    ]
    for line in (*lines, *out.missed[:60], *out.unclear[:20], *out.crashed[:10], *out.cli[:10]):
        print(line)  # noqa: T201  # a command's own output
    return 1 if out.crashed or out.cli else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
