"""When a new version has failed too often to get a larger share of the requests; pure."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import FaultError
from harness.targets.records import FaultCount

_STEPS_MAX = 20
_STEP_S_MAX = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The shares in percent, how long each is held, and what ends them.

    More than `failed_percent_max` % of the second version's answers being 5xx, of at least
    `requests_min` in that step, is a failure.
    """

    percents: tuple[float, ...]
    step_s: float
    failed_percent_max: float
    requests_min: int = 5

    def __post_init__(self) -> None:
        """Raise FaultError for a value outside its range."""
        shares = [p for p in self.percents if not 0 < p <= 100]  # noqa: PLR2004  # %
        if not 0 < len(self.percents) <= _STEPS_MAX or shares:
            raise FaultError(f"percents: write 1 to {_STEPS_MAX} shares above 0 and at most 100")
        if not 0 < self.step_s <= _STEP_S_MAX:
            raise FaultError(f"step_s: write more than 0 and at most {_STEP_S_MAX:g}")
        if not 0 <= self.failed_percent_max < 100 or self.requests_min < 1:  # noqa: PLR2004  # %
            raise FaultError(
                "failed_percent_max: write 0 to less than 100; requests_min: 1 or more"
            )

    def failed(self, before: FaultCount, now: FaultCount) -> bool:
        """Whether the second version has failed since `before`."""
        requests, failed = now.hits - before.hits, now.failed - before.failed
        return requests >= self.requests_min and failed * 100 > requests * self.failed_percent_max
