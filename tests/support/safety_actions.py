"""Actions and probes for experiments that touch nothing but a file: $SAFETY_NOTES."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path


def note(word: str) -> bool:
    """Write down that it was called."""
    with Path(os.environ["SAFETY_NOTES"]).open("a") as notes:
        notes.write(f"{word}\n")
    return True


def note_after(word: str, seconds: float) -> None:
    """Take a while, then write; a signal in between shows as a missing word."""
    note(f"{word} begins")
    threading.Event().wait(seconds)
    note(word)


def fail() -> None:
    """Fail as a fault does that cannot be proven."""
    raise RuntimeError("not proven")


def hang() -> None:
    """Be deaf to every polite signal."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGTERM})
    note("hangs")
    threading.Event().wait(60)


def leave_signals_to_another_thread(word: str) -> None:
    """From here on no SIGUSR1 interrupts the main thread, as one just before a wait does not."""
    threading.Thread(target=threading.Event().wait, args=(60,), daemon=True).start()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    note(word)


def before_activity_control(**context: object) -> None:
    """As a Chaos Toolkit control: a guard that does not work."""
    del context
    raise RuntimeError("the guard is broken")
