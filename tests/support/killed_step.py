"""`squall` that signals itself at one step of its life.

`python -m tests.support.killed_step STEP SIGNAL WORDS...` where STEP is
    in-fork:WORD     the child whose command has that word exists and has not yet run anything
    after-fork:WORD  that child was started and is not yet noted
    event:N          the N-th file, socket or process operation that changes something
    count            none: the number of such operations is printed at the end
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

EVENTS = (
    *("os.remove", "os.rename", "os.mkdir", "os.rmdir", "shutil.rmtree", "shutil.copyfile"),
    *("subprocess.Popen", "os.kill", "os.killpg", "signal.pthread_kill", "socket.connect"),
    *("os.truncate", "os.chmod", "os.waitpid"),
)


class Steps:
    """Counts steps, and signals at the one that was asked for."""

    def __init__(self, step: str, sig: signal.Signals) -> None:
        self.kind, _, self.which = step.partition(":")
        self.sig, self.me = sig, os.getpid()
        self.events = 0

    def on_event(self, name: str, arguments: tuple[Any, ...]) -> None:
        """One operation, by Python's audit hook; a file counts when it is opened to be written."""
        writes = name == "open" and bool(arguments[1]) and any(c in arguments[1] for c in "wax+")
        if os.getpid() != self.me or not (writes or name in EVENTS):
            return
        self.events += 1
        if self.kind == "event" and self.events == int(self.which):
            os.kill(self.me, self.sig)

    def forking(self, fork: Callable[..., int]) -> Callable[..., int]:
        """Subprocess's fork, with a signal around or in it."""

        def fork_exec(*given: Any) -> int:  # noqa: ANN401  # CPython's own argument list
            mine = self.which.encode() in b" ".join(map(os.fsencode, given[0]))
            if mine and self.kind == "in-fork":
                given = self._with_signal_in_child(given)
            pid = fork(*given)
            if mine and self.kind == "after-fork":
                os.kill(self.me, self.sig)
            return pid

        return fork_exec

    def _with_signal_in_child(self, given: tuple[Any, ...]) -> tuple[Any, ...]:
        at = max(n for n, one in enumerate(given) if callable(one) or one is None)
        prepare = given[at]

        def in_child() -> None:
            os.kill(self.me, self.sig)
            if prepare is not None:
                prepare()

        return (*given[:at], in_child, *given[at + 1 :])


def main(arguments: list[str]) -> None:
    """Run `squall`."""
    steps = Steps(arguments[0], signal.Signals(int(arguments[1])))
    subprocess._fork_exec = steps.forking(subprocess._fork_exec)  # type: ignore[attr-defined]
    sys.argv = ["squall", *arguments[2:]]
    import cli  # noqa: PLC0415  # the steps of its own start do not count

    sys.addaudithook(steps.on_event)
    try:
        cli.main()
    finally:
        if steps.kind == "count":
            sys.stderr.write(f"\n{steps.events} events\n")


if __name__ == "__main__":
    main(sys.argv[1:])
