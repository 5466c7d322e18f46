"""Open-loop Locust: a curve says when each task begins, not the users.

Mix `OpenLoop` into any Locust user that has a `curve`, or whose file has a `CURVE`. Each arrival of
the curve starts one task, whether or not the system keeps up, and is timed from its intended start.
"""

from __future__ import annotations

from typing import Any, ClassVar

from harness.load.asked import Asks
from harness.load.locust.intent import Intent
from harness.load.locust.process import listen
from harness.load.traffic import Curve

listen()


class OpenLoop:
    """Mixin for a Locust user: `class Shopper(OpenLoop, FastHttpUser)`.

    `asks` declares what each intent asks of the system, so that a check can compare it with the
    system's records. `intent` is the arrival that the running task serves.
    """

    abstract = True
    open_loop = True
    curve: ClassVar[Curve]
    asks: ClassVar[Asks | None] = None
    environment: Any
    intent: Intent
