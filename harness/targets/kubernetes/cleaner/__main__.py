"""`python -m harness.targets.kubernetes.cleaner --namespace N`, until SIGTERM."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Final

from harness.clock import SystemClock
from harness.errors import ConfigError, TargetError
from harness.targets.kubernetes.cleaner.api import PodApi, described
from harness.targets.kubernetes.cleaner.expiry import Expiry
from harness.timeline import FileTimeline, Timeline

LOOK_EVERY_S: Final = 1.0


def clean(api: PodApi, expiry: Expiry, timeline: Timeline, now_s: float) -> None:
    """One look: undo what has expired, and tell it. Raises TargetError: the API server is away."""
    for one in expiry.expired(api.marked(), now_s):
        try:
            done = api.undo(one)
        except TargetError as error:  # others may still be undone
            timeline.tell("target", "undo_failed", one.path, "", error=str(error))
        else:
            kind = "cleaned" if done else "changed_meanwhile"
            timeline.tell("target", kind, one.path, "", **described(one))


def main() -> int:
    """Look again and again; an API server that is away is asked again."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--namespace", required=True)
    given = parser.parse_args()
    over, expiry = threading.Event(), Expiry()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: over.set())
    timeline = FileTimeline(Path("/dev/stdout"), SystemClock())
    try:
        api = PodApi.of_this_pod(given.namespace)
    except ConfigError as error:
        sys.stderr.write(f"cleaner: {error}\n")
        return 2
    while not over.wait(LOOK_EVERY_S):
        try:
            clean(api, expiry, timeline, time.monotonic())
        except TargetError as error:
            timeline.tell("target", "api_away", "", "", error=str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
