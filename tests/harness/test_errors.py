"""Exit 2 means that nothing was started: an error after the start has another code."""

from __future__ import annotations

import errno
import os

import pytest

from harness.errors import (
    ConfigError,
    HarnessError,
    RefusedError,
    RunFailedError,
    StoredRunError,
    TargetError,
    after_start,
)
from harness.run.endings import ending
from harness.run.signals import Stopped

BEFORE = [ConfigError("x"), RefusedError("x"), StoredRunError("x")]


@pytest.mark.parametrize("error", BEFORE, ids=lambda error: type(error).__name__)
def test_an_error_that_meant_that_nothing_was_started_means_it_no_longer(
    error: HarnessError,
) -> None:
    assert ending(error)[1] == 2
    with pytest.raises(RunFailedError, match="after the start: x") as late, after_start():
        raise error
    assert ending(late.value)[1] == 3


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EMFILE])
def test_an_error_of_the_system_during_a_run_is_no_internal_error(number: int) -> None:
    with pytest.raises(RunFailedError) as late, after_start():
        raise OSError(number, os.strerror(number), "/runs/x")
    assert ending(late.value) == ((f"after the start: /runs/x: {os.strerror(number)}",), 3)


def test_other_errors_pass_as_they_are() -> None:
    with pytest.raises(TargetError, match="y"), after_start():
        raise TargetError("y")
    with pytest.raises(Stopped), after_start():
        raise Stopped(2)


def test_each_error_of_several_files_is_a_line_of_its_own() -> None:
    error = ConfigError("a\nb")
    error.problems = ("a", "b")  # type: ignore[attr-defined,unused-ignore]
    assert ending(error) == (("a", "b"), 2)
