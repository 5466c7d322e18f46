"""Kills short runs at random instants, and looks whether anything is left: `make kills`.

`python -m tests.stress.kills [--count 200] [--first 0] [--seed 10] [--at-once 3]`

Kill number N is the same for the same seed, so the work can be split with --first and --count.
After each: within 2 s (generator 5 s) no process of the run is left; `squall heal` exits 0 and
leaves no process, socket, database or half-written file; and the next run of the same place starts.
Exit code 1 if one kill left anything.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.small_place import SmallPlace
from tests.support.squall_process import pass_s

LATEST_S: Final = 7.0
END_LIMIT_S: Final = 60.0
REFUSED: Final = 2
KILL, INT, TERM, HUP = signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGHUP
# Who is signalled with what, and how often of twenty.
WAYS: Final = (
    *[(("squall",), (KILL,))] * 9,
    *[(("squall",), (INT,))] * 3,
    (("squall",), (INT, INT)),
    (("squall",), (TERM,)),
    (("squall",), (HUP,)),
    *[(("supervisor",), (KILL,))] * 2,
    (("watchdog", "squall"), (KILL,)),
    (("supervisor", "squall"), (KILL,)),
    (("watchdog", "supervisor", "squall"), (KILL,)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One kill: the processes, the signals, the time."""

    number: int
    victims: tuple[str, ...]
    signals: tuple[signal.Signals, ...]
    at_s: float

    def __str__(self) -> str:
        """In words."""
        said = " ".join(sig.name for sig in self.signals)
        return f"{self.number:4d}  {said:14s} {'+'.join(self.victims):26s} at {self.at_s:5.2f} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result; `wrong` is "" when nothing was left. `gone_s`: seconds until nothing lived."""

    kill: Kill
    code: int
    gone_s: float
    wrong: str = ""


def kills(seed: int, first: int, count: int) -> Iterator[Kill]:
    """The kills of a seed, from one number on."""
    for number in range(first, first + count):
        draw = random.Random(f"{seed}-{number}")
        victims, signals = draw.choice(WAYS)
        at_s = draw.uniform(0, LATEST_S)
        yield Kill(number=number, victims=victims, signals=signals, at_s=at_s)


def suffer(place: SmallPlace, kill: Kill) -> Outcome:
    """Start a run, kill, look, heal, look again."""
    run = place.start(*place.run_words())
    pass_s(kill.at_s)
    began_s = time.monotonic()
    for sig in kill.signals:
        _send(place, run, kill.victims, sig)
    said = run.communicate(timeout=END_LIMIT_S)[1].decode(errors="replace")
    try:
        assert run.returncode != REFUSED, said[-200:]
        place.wait_until_none_lives()
        gone_s = time.monotonic() - began_s
        place.heal()
    except AssertionError as error:
        left = "; ".join(place.living().values())
        return Outcome(kill=kill, code=run.returncode, gone_s=0, wrong=f"{error} {left}"[:600])
    return Outcome(kill=kill, code=run.returncode, gone_s=gone_s)


def _send(
    place: SmallPlace, run: subprocess.Popen[bytes], victims: tuple[str, ...], sig: signal.Signals
) -> None:
    noted = {record.resource: record.pid for record in place.processes()}
    for name in victims:
        if name == "squall":
            run.send_signal(sig)
        elif name in noted:
            os.kill(noted[name], sig)


def _in_one_place(share: list[Kill]) -> list[Outcome]:
    """One place after another kill, so that each run is the next run of the one before."""
    root = Path(tempfile.mkdtemp(prefix="sq-kills-"))
    place, found = SmallPlace(root), []
    for kill in share:
        found.append(suffer(place, kill))
        _say(f"{kill} code {found[-1].code:4d} {found[-1].wrong or 'nothing left'}")
        for runs in place.runs.glob("*"):
            shutil.rmtree(runs, ignore_errors=True)
    if not any(outcome.wrong for outcome in found):
        shutil.rmtree(root)
    return found


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Kill, and print what was counted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=10)
    parser.add_argument("--at-once", type=int, default=3)
    given = parser.parse_args(arguments)
    every = list(kills(given.seed, given.first, given.count))
    with ThreadPoolExecutor(given.at_once) as pool:
        shares = [every[n :: given.at_once] for n in range(given.at_once)]
        found = [outcome for share in pool.map(_in_one_place, shares) for outcome in share]
    wrong = [outcome for outcome in found if outcome.wrong]
    died = [o for o in found if not o.wrong and o.code == -KILL]
    by_kill = sorted(outcome.gone_s for outcome in died)
    codes = dict(sorted(Counter(outcome.code for outcome in found).items()))
    _say(f"{len(found)} kills, {len(wrong)} left something; exit codes {codes}")
    if by_kill:
        middle, last = by_kill[len(by_kill) // 2], by_kill[-1]
        _say(f"gone after the harness was killed: median {middle:.2f} s, longest {last:.2f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
