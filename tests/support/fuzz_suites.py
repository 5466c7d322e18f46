"""Reads mutated suite files: `python -m tests.support.fuzz_suites [COUNT] [SEED]`.

Each mutant is read without a crash, or refused with file, line, allowed values and fix.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, Generic, TypeVar

from harness.campaigns.suite import Suite, read_suite
from harness.errors import ConfigError
from reports.measures.metric_table import metric_units
from tests.support.mutants import Mutant, mutants

Read = TypeVar("Read")
_PARTS: Final = re.compile(r"\S+\.yaml:(?:\d+:)? .+; allowed: .+; fix: .+", re.DOTALL)
SUITE: Final = """\
name: mine
question: May this build be released?
budget_s: 3600
repeats: {least: 3, most: 8}
jitter_s: 2.5
seed: 11
experiments:
  - answer-lost
  - {experiment: bank-slow, rate_scale: 0.5, scenario: steady_payments}
objectives:
  - {name: few seconds, metric: lost_s, must: "<=", limit: 3}
  - {name: mostly good, metric: good_ratio_fault, must: ">=", limit: 0.9}
slos: [payments, card-payments]
"""


@dataclass(slots=True)
class Fuzz:
    """What became of some mutants."""

    count: int = 0
    broken: int = 0
    refused: int = 0
    missed: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    crashed: list[str] = field(default_factory=list)
    slowest_s: float = 0.0


def fuzz_suites(count: int, seed: int, folder: Path) -> Fuzz:
    """Read `count` mutants of a suite file."""
    read = partial(read_suite, metrics=metric_units())
    tried = Tried(text=SUITE, path=folder / "suite.yaml", read=read, is_valid=_is_valid)
    return fuzz(tried, count, seed)


def _is_valid(suite: Suite) -> bool:
    return bool(suite.entries) and suite.repeats.most >= suite.repeats.least


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried(Generic[Read]):
    """A kind of file: a sound text, how it is read, and which mutants must be refused."""

    text: str
    path: Path
    read: Callable[[Path], Read]
    is_valid: Callable[[Read], bool]
    refused: tuple[str, ...] = ("duplicate key", "unknown key")


def fuzz(tried: Tried[Read], count: int, seed: int) -> Fuzz:
    """Read mutants of a sound file."""
    out = Fuzz()
    for mutant in mutants(tried.text, count, seed):
        tried.path.write_bytes(mutant.raw)
        _read(out, mutant, tried)
    return out


def _read(out: Fuzz, mutant: Mutant, tried: Tried[Read]) -> None:
    out.count += 1
    out.broken += mutant.breaks
    began_s = time.monotonic()
    try:
        valid = tried.is_valid(tried.read(tried.path))
    except ConfigError as error:
        out.refused += 1
        out.unclear += [p for p in error.problems if not _PARTS.fullmatch(p)]
    except BaseException:  # noqa: BLE001  # any other error is what is looked for
        out.crashed.append(f"{traceback.format_exc(limit=-3)}\n{mutant.raw[:400]!r}")
    else:
        if mutant.breaks and mutant.kind in tried.refused:
            out.missed.append(f"{mutant.kind}: {mutant.raw[:400]!r}")
        if not valid:
            out.missed.append(f"not valid: {mutant.raw[:400]!r}")
    out.slowest_s = max(out.slowest_s, time.monotonic() - began_s)


def told(out: Fuzz) -> list[str]:
    """What became of them, in lines."""
    return [
        f"{out.count} mutants, {out.refused} refused, slowest {out.slowest_s:.2f} s",
        f"{out.broken} surely break a rule, {len(out.missed)} of them were read",
        f"{len(out.crashed)} crashed, {len(out.unclear)} refused without file, line and fix",
        *(*out.crashed[:3], *out.unclear[:10], *out.missed[:10]),
    ]


def main(arguments: list[str]) -> int:
    """Print what became of them."""
    count, seed = (int(word) for word in (*arguments, "10000", "1")[:2])
    with tempfile.TemporaryDirectory() as folder:
        out = fuzz_suites(count, seed, Path(folder))
    sys.stdout.write("\n".join(told(out)) + "\n")
    return 1 if out.crashed or out.unclear or out.missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
