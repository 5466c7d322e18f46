"""Ties a child process to its parent: the kernel kills the child when the parent dies.

The tie is PR_SET_PDEATHSIG. It holds for the thread that forks, so children are started from a
thread that lives as long as the process. It survives exec, except of a set-user-ID program.
"""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable
from functools import partial
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None, use_errno=True)


def tie() -> Callable[[], None]:
    """What a child of the calling process has to do between fork and exec (`preexec_fn`)."""
    return partial(tie_to, os.getpid())


def tie_to(parent: int) -> None:
    """In the child: die with `parent`; end at once if it died before this call."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def untie() -> None:
    """Outlive the parent from now on."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, 0)
