"""A child process that makes one check of the user's own: it imports the class and reads the run.

The class may print, exit, hang or use up memory: the kernel ends this process at its
limits, and the judge takes anything but a whole answer for a check that was not made.
"""

from __future__ import annotations

import importlib
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar

import msgspec

from reports.checks.base import Violation
from reports.checks.own_messages import Begin, Described, Found, Outcome, Wanted
from reports.checks.run_records import records_of
from reports.measures.cohorts import read_blocks

T = TypeVar("T")
_LATER_S: Final = 5.0  # the judge's own limit comes first; this one holds when the judge is dead
_MB: Final = 1 << 20


def describe(wanted: Wanted) -> tuple[Any, Described]:
    """The class and what it says of itself. Raises the exceptions of its module."""
    sys.path.append(wanted.folder)  # last: no module of the user takes an installed one's place
    found: Any = getattr(importlib.import_module(wanted.module), wanted.name)
    said = {"needs": dict(found.needs), "joins": found.joins, "classes": found.classes}
    return found, msgspec.convert(said, Described, from_attributes=True)


def check(kind: Any, described: Described, wanted: Wanted, run: Path) -> Outcome:  # noqa: ANN401  # the user's class
    """Make the check. Raises the exceptions of the class."""
    from harness.store import RunFolder  # noqa: PLC0415  # not needed for a description
    from reports.inputs.stored import read_stored  # noqa: PLC0415  # likewise

    stored = read_stored(RunFolder(run))
    checker = kind(records_of(stored), wanted.settings)
    for block in read_blocks(stored.due, stored.attempts, stored.terms.good.latency_ms):
        checker.add(block)
    violations = checker.result()
    if violations is None:
        raise TypeError("result() returned None; return the violations, or an empty tuple")
    return Outcome(found=tuple(_found(violations, described)))


def _found(violations: Any, described: Described) -> Iterator[Found]:  # noqa: ANN401  # the user's values
    for each in violations:
        if not isinstance(each, Violation):
            raise TypeError(f"result() returned {type(each).__name__}; return Violation objects")
        if each.kind not in described.classes:
            raise ValueError(f"`classes` does not have the class {each.kind.name!r}")
        if not len(each.names):
            raise ValueError(f"a violation of {each.kind.name!r} names nothing")
        names = tuple(str(name) for name in each.names)
        yield Found(of=described.classes.index(each.kind), names=names, proof=str(each.proof))


def guarded(step: Callable[[], T], failed: Callable[[str], T]) -> T:
    """What the step returns, or what is said of its exception."""
    try:
        return step()
    except BaseException as error:  # noqa: BLE001  # a user's class may raise anything, and exit
        return failed(f"the check raised {type(error).__name__}: {error}"[:2000])


def limit(wanted: Wanted) -> None:
    """Limits of time and of memory that hold without the judge."""
    most = wanted.memory_mb * _MB
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.setitimer(signal.ITIMER_REAL, wanted.timeout_s + _LATER_S)


def serve(asks: BinaryIO, answers: BinaryIO) -> None:
    """Describe the class, wait until the judge asks for the check, and make it."""
    wanted = msgspec.json.decode(asks.readline(), type=Wanted)
    limit(wanted)
    kind, described = guarded(lambda: describe(wanted), lambda w: (None, Described(wrong=w)))
    _answer(answers, described)
    signal.setitimer(signal.ITIMER_REAL, 0)  # now it waits for the judge
    asked = asks.readline()
    if described.wrong or not asked:
        return
    begin = msgspec.json.decode(asked, type=Begin)
    limit(wanted)
    outcome = guarded(
        lambda: check(kind, described, wanted, Path(begin.run)), lambda w: Outcome(wrong=w)
    )
    _answer(answers, outcome)


def _answer(answers: BinaryIO, message: msgspec.Struct) -> None:
    answers.write(msgspec.json.encode(message) + b"\n")
    answers.flush()


def main() -> None:
    """Messages go by descriptors that the class does not know; its prints go to stderr."""
    asks, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    serve(asks, answers)
    sys.stderr.flush()
    os._exit(0)  # threads of the class must not keep it alive


if __name__ == "__main__":
    main()
