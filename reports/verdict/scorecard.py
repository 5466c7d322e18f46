"""The verdict as a document (verdict.json, docs/verdict.schema.json) and what its page needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from harness.timeline import Scalar
from reports.checks.base import Checked, CheckVerdict
from reports.measures.load_figures import Load
from reports.measures.page_model import Picture
from reports.measures.reason import Reason

Verdict = Literal["PASS", "FAIL", "INCONCLUSIVE", "INVALID"]
RecordsChecked = Literal["checked", "partly checked", "not checked"]
DOCUMENT_SCHEMA = 3
MOST_EXAMPLES = 20
NAMES_FILE = "violations.csv"  # RunFolder.violations


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One fault's life in seconds since the run's zero; null: the stage has no event."""

    name: str
    target: str
    asked_s: float | None
    injected_s: float | None
    verified_s: float | None
    undone_s: float | None
    verified_undone_s: float | None
    evidence: dict[str, dict[str, Scalar]]


class MachineFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The CPU that the run may use, from the end of warm-up to the end of the load.

    Ratios are shares of `cores`; worst: the mean of the worst 5 s. `waited_ratio_worst`: seconds
    that the run's threads waited for a CPU per second that they ran on one. `limited_by`: the
    affinity mask or cgroup quota in words, empty where all cores of the machine may be used.
    `takers`: the other processes that used most CPU.
    """

    cores: float | None = None
    limited_by: str = ""
    foreign_ratio: float | None = None
    foreign_ratio_worst: float | None = None
    busy_ratio_worst: float | None = None
    waited_ratio_worst: float | None = None
    takers: tuple[str, ...] = ()


class DegradedFigures(msgspec.Struct, frozen=True, kw_only=True):
    """An episode or a short dip, in seconds since f0; `end_s` null: it never ended."""

    begin_s: float
    end_s: float | None
    arrivals: int
    bad: int
    worst_bad_ratio: float


class RecoveryFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds since f0; when `censored`, stable recovery and what hangs on it are lower bounds.

    `resolution_s` is how exactly the run's rate shows a boundary; `bad` of the `arrivals` that the
    fault could reach failed or were slow.
    """

    time_to_degrade_s: float | None = None
    time_to_detect_s: float | None = None
    first_recovery_s: float | None = None
    stable_recovery_s: float | None = None
    recovery_after_clear_s: float | None = None
    censored: bool = False
    lost_s: float | None = None
    budget_used_ratio: float | None = None
    resolution_s: float | None = None
    arrivals: int | None = None
    bad: int | None = None
    episodes: tuple[DegradedFigures, ...] | None = None
    short_dips: tuple[DegradedFigures, ...] | None = None


class IntentFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How many intents ended in which way for their payers; null: it could not be read."""

    attempts: int | None = None
    acknowledged: int | None = None
    refused: int | None = None
    unknown: int | None = None
    unstarted: int | None = None
    unknown_at_first: int | None = None


class StepFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One request name of the scenario. `ok`, `fail` and `info` are how the intents' steps ended.

    Latency is of the steps that ended ok, from the intended start to the end of the last attempt;
    its ranks are exact to 1.1 %. null: no step ended ok.
    """

    name: str
    intents: int
    attempts: int
    ok: int
    fail: int
    info: int
    latency_ms_p50: float | None
    latency_ms_p99: float | None


class ViolationFigures(msgspec.Struct, frozen=True, kw_only=True, rename={"kind": "class"}):
    """One class of violation: how many, the first names, and the records behind the first one.

    `names_in` is the file beside verdict.json that has every name.
    """

    kind: str
    count: int
    examples: tuple[str, ...]
    proof: str
    names_in: str = NAMES_FILE


class CheckFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One check of the system's records; `why` says why it was not checked.

    `classes` counts every class of violation that the check looks for, 0 where nothing is wrong;
    empty: it was not checked.
    """

    verdict: CheckVerdict
    classes: dict[str, int] = {}
    violations: tuple[ViolationFigures, ...] = ()
    why: str = ""


class EdgeFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Calls of an edge from the fault on, and their attempts; null: a value is not a count."""

    calls: int
    attempts: int
    attempts_per_call: float | None


class Likely(msgspec.Struct, frozen=True, kw_only=True):
    """One part that may have caused the failure."""

    part: str
    because: str
    remedy: str


class ObjectiveResult(msgspec.Struct, frozen=True, kw_only=True):
    """One objective; `value` null: it could not be measured, which is never a pass."""

    name: str
    must: Literal["<=", ">="]
    limit: float
    value: float | None
    unit: str
    verdict: Literal["pass", "fail", "missing"]


class RunFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Which run this was, and on what; `again` is the command that repeats it."""

    path: str
    squall_version: str
    python: str
    cores: float
    started_at: str
    again: str


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """verdict.json."""

    schema: int
    experiment: str
    scenario: str
    seed: int
    verdict: Verdict
    reasons: tuple[Reason, ...]
    remarks: tuple[Reason, ...] = ()
    faults: tuple[Fault, ...]
    load: Load
    machine: MachineFigures
    recovery: RecoveryFigures
    intents: IntentFigures
    steps: tuple[StepFigures, ...] = ()
    guards: dict[str, int] = {}
    edges: dict[str, EdgeFigures] = {}
    likely: tuple[Likely, ...] = ()
    records: RecordsChecked = "not checked"
    checks: dict[str, CheckFigures]
    objectives: tuple[ObjectiveResult, ...]
    run: RunFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """The verdict and its picture; no picture when the stored run could not be read."""

    document: Document
    picture: Picture | None = None
    checks: tuple[Checked, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """PASS, FAIL, INCONCLUSIVE or INVALID."""
        return self.document.verdict

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why, the gravest first."""
        return self.document.reasons
