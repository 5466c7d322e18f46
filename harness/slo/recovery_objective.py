"""What a recovery may cost: a small document of our own beside the SLO that it names.

```yaml
apiVersion: squall/v1
kind: RecoveryObjective
metadata: {name: payments-recovery}
spec:
  slo: payments-availability
  recoverWithin: 10s
  holdFor: 10s
  maxLostSeconds: 5
  maxBudgetPercent: 1
  resolveWithin: 20s
  drainWithin: 5s
  maxAttemptsPerCall: 1.5
```
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta

from harness.slo.durations import SHORT, short_s
from harness.slo.openslo import DocumentName, Metadata, Percent, Strict

API: Final = "squall/v1"
Short = Annotated[str, Meta(pattern=SHORT, description="a number and ms, s or m", examples=["10s"])]
Seconds = Annotated[float, Meta(ge=0, le=3600, description="s", examples=[5])]
PerMonth = Annotated[float, Meta(gt=0, le=10_000, description="faults a month", examples=[2])]
Attempts = Annotated[float, Meta(ge=1, le=1000, description="attempts", examples=[1.5])]
Minutes = Annotated[float, Meta(ge=0, le=43_200, description="minutes a month", examples=[1])]


class RecoverySpec(Strict, frozen=True, kw_only=True):
    """Limits from the begin of the fault on.

    The SLO's ratio over each `hold_for` from `recover_within` on must reach the target again.
    `faults_per_month` times the lost seconds is what this fault costs in a month. The last three
    limit figures of the whole run: unknown answers (p99), open intents, and attempts on any edge.
    """

    slo: DocumentName
    recover_within: Short
    hold_for: Short = "10s"
    max_lost_seconds: Seconds | None = None
    max_budget_percent: Percent | None = None
    faults_per_month: PerMonth | None = None
    max_bad_minutes_per_month: Minutes | None = None
    resolve_within: Short | None = None
    drain_within: Short | None = None
    max_attempts_per_call: Attempts | None = None

    @property
    def recover_s(self) -> float:
        """`recover_within` in seconds."""
        return short_s(self.recover_within)

    @property
    def hold_s(self) -> float:
        """`hold_for` in seconds."""
        return short_s(self.hold_for)


class RecoveryObjective(Strict, frozen=True, kw_only=True):
    """One document of kind RecoveryObjective."""

    api_version: Literal["squall/v1"]
    kind: Literal["RecoveryObjective"]
    metadata: Metadata
    spec: RecoverySpec

    @property
    def name(self) -> str:
        """The name of the document."""
        return self.metadata.name
