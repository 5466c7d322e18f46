"""The process that conducts one experiment: ready on stdout, go on stdin, then Chaos Toolkit.

It ends by itself, or at the first SIGUSR1, SIGTERM, SIGINT or SIGHUP: each interrupts what is under
way and lets the rollbacks run; further ones are ignored, since Chaos Toolkit would drop the
rollbacks that are left. At the end, remaining faults are undone in any case.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any, Final

from chaoslib.experiment import ensure_experiment_is_valid, run_experiment
from chaoslib.hypothesis import within_tolerance
from chaoslib.run import RunEventHandler

from harness.chaos import actions
from harness.chaos.control_watch import ControlWatch
from harness.chaos.declared_faults import DeclaredFaults
from harness.chaos.prompt_signals import run_handlers_at_once
from harness.chaos.session import open_declared, prepare
from harness.errors import HarnessError
from harness.files.document import plain
from harness.files.redaction import Redactor
from harness.files.yaml_file import checked_root, read_document
from harness.run.signals import SIGNALS, heeded

_STOPS: Final = (signal.SIGUSR1, *heeded())  # before chaoslib puts its own handlers in place
_IGNORED: Final = tuple(sig for sig in SIGNALS if sig not in _STOPS)
_STOPPED: Final = 20  # what chaoslib itself raises at SIGUSR1: interrupted, rollbacks run
_SETTINGS: Final = {"runtime": {"rollbacks": {"strategy": "always"}}}
_log = logging.getLogger(__name__)


class _Conducting(RunEventHandler):  # type: ignore[misc]  # chaoslib ships no types
    """Takes the signals from chaoslib, whose 1.44 swallows a SIGTERM in an action.

    It ends the experiment when an action of the method has failed: to hold still for the rest of it
    would prove nothing. It also compares the probes of the method with their tolerance, which
    Chaos Toolkit does for the steady-state hypothesis only; the journal keeps the answer.
    """

    def __init__(self, declared: DeclaredFaults) -> None:
        self._over = self._in_method = False
        self._declared = declared

    def started(self, experiment: object, journal: object) -> None:
        """Chaoslib has just put its own handlers in place: replace them."""
        del experiment, journal
        for stop in _STOPS:
            signal.signal(stop, self._stop)
        for ignored in _IGNORED:
            signal.signal(ignored, signal.SIG_IGN)

    def start_method(self, experiment: object) -> None:
        """From here on probes are those of the method."""
        del experiment
        self._in_method = True

    def method_completed(self, experiment: object, state: object = None) -> None:
        """From here on probes are those of the steady state again."""
        del experiment, state
        self._in_method = False

    def start_rollbacks(self, experiment: object) -> None:
        """From here on nothing may interrupt: it is being undone."""
        del experiment
        self._over = True

    def start_activity(self, activity: dict[str, Any]) -> None:
        """The proof of a declared fault must not hold yet; else the experiment ends here."""
        if why := self._declared.before(str(activity.get("name", ""))):
            _log.warning("%s: the experiment ends here", why)
            self._stop(signal.SIGUSR1, None)

    def activity_completed(self, activity: dict[str, Any], run: dict[str, Any]) -> None:
        """A failed action of the method ends it; a probe of the method is compared."""
        if self._in_method and "tolerance" in activity and run.get("status") == "succeeded":
            run["tolerance_met"] = _is_tolerated(activity["tolerance"], run["output"])
        succeeded = run.get("status") == "succeeded"
        if why := self._declared.after(str(activity.get("name", "")), succeeded=succeeded):
            _log.warning("%s: the experiment ends here", why)
            self._stop(signal.SIGUSR1, None)
        if activity.get("type") == "action" and run.get("status") == "failed":
            _log.warning("action %s failed: the experiment ends here", activity.get("name"))
            self._stop(signal.SIGUSR1, None)

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        del signum, frame
        if not self._over:
            self._over = True
            raise SystemExit(_STOPPED)


def _is_tolerated(tolerance: object, output: object) -> bool | None:
    """None where they cannot be compared (a range and no number)."""
    try:
        return bool(within_tolerance(tolerance, output))
    except Exception as error:  # noqa: BLE001  # chaoslib raises whatever a foreign output causes
        _log.warning("the tolerance %r cannot be compared: %r", tolerance, error)
        return None


def conduct(path: Path, journal_path: Path) -> int:
    """Load, say ready, wait for go, run, store the journal; the exit code is not the verdict."""
    experiment = plain(checked_root(read_document(path)))
    ensure_experiment_is_valid(experiment)
    prepare()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    if sys.stdin.readline().strip() != "go":
        return 0
    declared = open_declared(experiment, os.environ)
    journal, controls = None, ControlWatch()
    controls.listen()
    run_handlers_at_once()
    try:
        handlers = [_Conducting(declared)]
        journal = run_experiment(experiment, settings=_SETTINGS, event_handlers=handlers)
    finally:
        _undo_in_peace(declared)
        if journal is not None:
            _write(journal_path, {**journal, "control_failures": controls.failures})
    return 0


def main(arguments: list[str]) -> int:
    """`EXPERIMENT --journal PATH`."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
    for handler in logging.getLogger().handlers:
        handler.setLevel(logging.INFO)  # ControlWatch lowers the level of chaoslib's logger
    experiment, _, journal = arguments
    return conduct(Path(experiment), Path(journal))


def _undo_in_peace(declared: DeclaredFaults) -> None:
    for stop in _STOPS:
        signal.signal(stop, signal.SIG_IGN)
    for undo_all in (declared.undo_all, actions.undo_all):
        try:
            undo_all()
        except HarnessError as error:
            _log.error("not undone: %s", error)


def _write(path: Path, journal: dict[str, Any]) -> None:
    """Whole or not at all; an output that JSON does not know (NaN too) is kept as its text."""
    part = path.with_name(path.name + ".part")
    known = json.loads(json.dumps(journal, default=str, skipkeys=True), parse_constant=str)
    part.write_text(
        json.dumps(Redactor(environ=os.environ).redact(known), indent=1), encoding="utf-8"
    )
    os.replace(part, path)  # noqa: PTH105  # one call, and atomic


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
