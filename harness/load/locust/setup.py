"""What each kind of Locust process does alike: it records, knows its curve, and ends the test."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any, Final

from harness.errors import ConfigError
from harness.load.locust.clients import record_clients
from harness.load.locust.due_arrivals import end_at_once
from harness.load.locust.recording import Recording
from harness.load.names import Names
from harness.load.plan import PLAN_VARIABLE
from harness.load.records import Attempt, pack_into, words_of
from harness.load.session import Session
from harness.load.traffic import Curve

CANNOT_RECORD: Final = 74
CANNOT_START: Final = 75


def recording_of(session: Session, environment: Any) -> Recording:  # noqa: ANN401  # Locust is untyped
    """Record every request of this process from now on."""
    recorder = session.recorder

    def keep(attempt: Attempt) -> None:
        try:
            pack_into(recorder.room, next(recorder.places), *words_of(attempt))
        except OSError as error:
            end_at_once(CANNOT_RECORD, f"cannot record: {error}")

    recording = Recording(Names(appeared=session.kept.names), keep)
    recording.stand_before(environment.events.request)
    record_clients(recording)
    return recording


def curve_of(users: Sequence[Any]) -> Curve:
    """The curve of these user classes, or the CURVE of their file. Raises ConfigError."""
    files = [sys.modules[user.__module__] for user in users]
    curves: list[Curve] = [
        found
        for user, file in zip(users, files, strict=True)
        if (found := getattr(user, "curve", None) or getattr(file, "CURVE", None)) is not None
    ]
    if len(curves) < len(users):
        raise ConfigError("a user mixes in OpenLoop and has no curve")
    if any(curve != curves[0] for curve in curves):
        raise ConfigError("users with different curves need a file each")
    return curves[0]


def end_test(environment: Any) -> None:  # noqa: ANN401  # as above
    """This process has nothing left to do."""
    runner, ui = environment.runner, environment.web_ui
    if PLAN_VARIABLE in os.environ or environment.parsed_options.headless:
        runner.quit()
        if ui is not None:
            ui.stop()
    else:
        runner.stop()
