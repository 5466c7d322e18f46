"""Notes controls that failed: Chaos Toolkit goes on without them and only logs it for debugging."""

from __future__ import annotations

import logging
import re
from typing import Final

_LOGGER: Final = "chaostoolkit"
_MOST: Final = 100
_FAILED: Final = re.compile(
    r"(Before|After)-control '.*' failed|Control initialization '.*' failed"
    r"|Control module '.*' could not be loaded",
    re.DOTALL,
)


class ControlWatch(logging.Handler):
    """Collects what chaoslib 1.44 logs about controls that failed (chaoslib/control)."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.failures: list[str] = []

    def listen(self) -> None:
        """From now on."""
        logger = logging.getLogger(_LOGGER)
        logger.setLevel(logging.DEBUG)
        logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it once if it says that a control failed."""
        text = record.getMessage()
        new = _FAILED.match(text) and text not in self.failures
        if new and len(self.failures) < _MOST:
            self.failures.append(text)
