"""A stream whose reader goes away, or reads nothing, neither raises nor holds up its writer."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from harness.view.streams import GuardedFile


def test_a_reader_that_goes_away_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    stream = GuardedFile(writing, patience_s=None)
    assert stream.write(b"x" * 100_000) == 100_000
    assert stream.lost == ""
    os.close(writing)


def test_a_reader_that_reads_nothing_is_waited_for_once() -> None:
    reading, writing = os.pipe()
    stream = GuardedFile(writing, patience_s=0.01)
    assert stream.write(b"x" * 1_000_000) == 1_000_000
    assert stream.lost == "the reader reads nothing"
    while len(os.read(reading, 1 << 20)) == 1 << 20:
        pass
    stream.write(b"again")
    assert os.read(reading, 1 << 20) == b"again"
    os.close(reading)
    os.close(writing)


def test_what_does_not_fit_is_dropped_and_told() -> None:
    with Path("/dev/full").open("wb", buffering=0) as full:
        stream = GuardedFile(full.fileno(), patience_s=None)
        stream.write(b"x")
    assert stream.lost == "No space left on device"


def test_a_pipe_that_does_not_block_gets_all_of_it() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    child = os.fork()
    if child == 0:
        os.close(writing)
        total = 0
        while more := os.read(reading, 1 << 16):
            total += len(more)
        os._exit(0 if total == 1_000_000 else 1)
    os.close(reading)
    stream = GuardedFile(writing, patience_s=None)
    stream.write(b"x" * 1_000_000)
    os.close(writing)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("number", [signal.SIGPIPE])
def test_python_ignores_the_signal_of_a_closed_pipe(number: signal.Signals) -> None:
    assert signal.getsignal(number) is signal.SIG_IGN
