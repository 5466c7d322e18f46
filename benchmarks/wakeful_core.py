"""A busy loop at the lowest priority of the scheduler, which keeps a core from sleeping.

`python -m benchmarks.wakeful_core` yields to every other process at once; it runs until it is
ended.
"""

from __future__ import annotations

import os

if __name__ == "__main__":
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    while True:
        pass
