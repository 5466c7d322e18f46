"""Guards a run's processes: noted before the first fork, watched, proven gone at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from harness.errors import HarnessError, TargetError
from harness.run.heal import heal
from harness.safety.identity import process_identity
from harness.safety.mark import bearing, new_mark
from harness.safety.remains import remove_remains
from harness.safety.state import State
from harness.safety.undo import UndoLog
from harness.safety.watchdog import Watchdog
from harness.store import RunFolder
from harness.timeline import Timeline


class Ending:
    """The proven result of the end of a run; `outcome` is a sentence for a person.

    `folder`: of the run, from its first process on.
    """

    def __init__(self) -> None:
        """Nothing is started yet."""
        self.outcome, self.clean = "nothing was started", True
        self.folder: RunFolder | None = None

    def refuse_unclean(self) -> None:
        """Raise TargetError unless it was proven that nothing is left."""
        if not self.clean:
            raise TargetError(self.outcome)

    def with_outcome(self, error: HarnessError) -> HarnessError:
        """The error itself, or one that also says what was left behind."""
        return error if self.clean else TargetError(f"{error}; {self.outcome}")


@contextmanager
def guarded(state: State, folder: RunFolder, timeline: Timeline, ending: Ending) -> Iterator[None]:
    """Within this block all children bear one mark; after it none of them is left, or it says so.

    Raises FaultError (the undo log cannot be written) with nothing started, RefusedError.
    """
    mark = new_mark(state.root)
    ending.folder = folder
    with ExitStack() as stack:
        stack.callback(prove, state, timeline, ending)
        UndoLog(state.undo).run_begins(folder.root.absolute(), mark)
        stack.enter_context(bearing(mark))
        watchdog = Watchdog.start(state)
        stack.callback(watchdog.clean)
        _note(state, watchdog)
        yield


def _note(state: State, watchdog: Watchdog) -> None:
    pid = watchdog.process.pid
    UndoLog(state.undo).process_started(pid, process_identity(pid) or 0, "watchdog")


@contextmanager
def unsealed(state: State, folder: RunFolder) -> Iterator[None]:
    """Within this block a death leaves a record of the folder: heal removes half-written files.

    It surrounds `guarded`: sealing begins when no process of the run is left.
    """
    log = UndoLog(state.undo)
    record = log.folder_begins(folder.root.absolute())
    try:
        yield
    finally:
        with suppress(OSError):
            remove_remains(folder.root, "")
        log.undone(record)
        log.clear()


def prove(state: State, timeline: Timeline, ending: Ending) -> None:
    """Replay what is still noted, look for every process of this state folder, and say it."""
    ending.outcome, ending.clean = "what is left was not looked at; run `squall heal`", False
    try:
        report = heal(state, None, timeline, unsealed=True)
    except (HarnessError, OSError) as error:
        ending.outcome = f"not everything is proven undone: {error}; run `squall heal`"
        return
    if report.cleared:
        ending.outcome = "every fault is undone, every process has ended"
        ending.clean = True
    else:
        ending.outcome = f"not everything is proven undone: {report.failures}; run `squall heal`"
