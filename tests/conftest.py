"""Gives every test the signals of a terminal: nohup and background jobs start with some ignored."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """An ignored signal would be inherited by each process that a test starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
