"""Turns without end at the lowest priority there is, so that its core never goes to sleep.

`python -m benchmarks.wakeful_core` gives way to whoever else has work, at once, until it is ended.
"""

from __future__ import annotations

import os

if __name__ == "__main__":
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    while True:
        pass
