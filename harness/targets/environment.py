"""The ability to give an instance other environment variables, and what variables may be given.

`lives` are the variables of the next lives of an instance, in turn; the last ones hold for all
further lives. So a service that dies at a step named by a variable dies at each step in turn.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Protocol, runtime_checkable

from harness.safety.mark import MARK_VARIABLE
from harness.targets.base import Instances, Leases

LIVES_MAX: Final = 20
VARIABLES_MAX: Final = 20
VALUE_MAX: Final = 4000
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
Lives = tuple[Mapping[str, str], ...]


@runtime_checkable
class Configures(Leases, Instances, Protocol):
    """Restarts instances with other environment variables."""

    def configure(self, instance: str, lives: Lives, lease_s: float) -> None:
        """End it in order; its next lives have these variables until `restore` or the lease ends.

        Returns at once.
        """

    def restore(self, instance: str) -> None:
        """Restart it with its own variables. Nothing to do if no others were given."""

    def variables(self, identity: str) -> Mapping[str, str] | None:
        """The environment of that very process, by the kernel's word; None if it has ended."""


def wrong_lives(lives: object) -> str:
    """Why these variables cannot be given, or an empty text."""
    if not isinstance(lives, list | tuple) or not 1 <= len(lives) <= LIVES_MAX:
        return f"not a list of 1 to {LIVES_MAX} mappings of variables"
    return next(filter(None, map(_wrong, lives)), "")


def _wrong(variables: object) -> str:
    if not isinstance(variables, Mapping) or not 1 <= len(variables) <= VARIABLES_MAX:
        return f"a life has 1 to {VARIABLES_MAX} variables with their values"
    for name, value in variables.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name == MARK_VARIABLE:
            return f"{str(name)[:60]!r} is not a variable that can be given"
        if not isinstance(value, str) or len(value) > VALUE_MAX or "\0" in value:
            return f"{name}: its value is not a text of at most {VALUE_MAX} characters"
    return ""
