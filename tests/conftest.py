"""Gives every test the signals of a terminal, and the garbage collector less to do."""

from __future__ import annotations

import gc
import signal


def pytest_configure() -> None:
    """An ignored signal (nohup, background jobs) would be inherited by each process of a test."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def pytest_collection_finish() -> None:
    """The thousands of collected tests live to the end: the collector need not visit them again."""
    gc.freeze()


def pytest_unconfigure() -> None:
    """At the end everything is to be collected: DuckDB reports what is left."""
    gc.unfreeze()
