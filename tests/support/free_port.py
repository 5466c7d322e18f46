"""A port that nobody has just now."""

from __future__ import annotations

import random

from harness.targets.local.ports import Ports


def free_port() -> int:
    return Ports(random.Random()).take()
