"""The first signal unwinds; the second only waits for the undo."""

from __future__ import annotations

import os
import signal

import pytest

from harness.stopping import SIGNALS, Stopped, stoppable


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
