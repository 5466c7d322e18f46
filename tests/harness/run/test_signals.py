"""The first signal unwinds; the second only waits for the undo."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

import pytest

from harness.run.signals import SIGNALS, Stopped, held, interruptible, stoppable


@pytest.mark.parametrize(
    ("sig", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_raises_where_the_run_stands(sig: signal.Signals, code: int) -> None:
    with pytest.raises(Stopped) as stopped, stoppable():
        os.kill(os.getpid(), sig)
    assert stopped.value.exit_code == code


def test_a_second_ctrl_c_does_not_break_the_undo() -> None:
    undone = []

    def interrupted_twice() -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            undone.append("fault")

    with stoppable(), pytest.raises(Stopped):
        interrupted_twice()
    assert undone == ["fault"]


@pytest.mark.parametrize("sig", SIGNALS)
def test_a_signal_that_is_ignored_at_the_start_stays_ignored(sig: signal.Signals) -> None:
    before = signal.signal(sig, signal.SIG_IGN)
    try:
        with stoppable():
            os.kill(os.getpid(), sig)
            assert signal.getsignal(sig) is signal.SIG_IGN
    finally:
        signal.signal(sig, before)


def test_the_handlers_from_before_come_back() -> None:
    before = [signal.getsignal(sig) for sig in SIGNALS]
    with stoppable():
        pass
    assert [signal.getsignal(sig) for sig in SIGNALS] == before


def test_a_signal_while_parts_start_is_raised_at_the_next_wait() -> None:
    steps = []

    def start() -> None:
        with held():
            os.kill(os.getpid(), signal.SIGTERM)
            steps.append("started")
            with interruptible():
                steps.append("waited")

    with stoppable(), pytest.raises(Stopped) as stopped:
        start()
    assert steps == ["started"]
    assert stopped.value.exit_code == 143


def test_a_signal_while_parts_stop_is_raised_when_they_have() -> None:
    steps = []

    def stop() -> None:
        with held():
            for _ in range(3):
                os.kill(os.getpid(), signal.SIGINT)
            steps.append("stopped")

    with stoppable(), pytest.raises(Stopped):
        stop()
    assert steps == ["stopped"]


def test_a_signal_that_was_swallowed_is_raised_at_the_next_wait() -> None:
    steps = []

    def start() -> None:
        with suppress(Stopped):  # as a module may that is imported just then
            os.kill(os.getpid(), signal.SIGINT)
        with held(), interruptible():
            steps.append("waited")

    with stoppable(), pytest.raises(Stopped):
        start()
    assert steps == []


def test_a_stop_does_not_hide_another_error() -> None:
    def fail() -> None:
        with held():
            os.kill(os.getpid(), signal.SIGINT)
            raise ValueError("the cause")

    with stoppable(), pytest.raises(ValueError, match="the cause"):
        fail()


def test_its_code_is_three_when_something_is_left() -> None:
    stop = Stopped(signal.SIGINT)
    assert (stop.left, stop.exit_code) == ("", 130)
    stop.clean = False
    assert stop.exit_code == 3


def test_a_signal_that_was_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stoppable():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
