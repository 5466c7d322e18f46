"""What the page draws beside the verdict: one frozen record, no file and no clock behind it."""

from __future__ import annotations

from dataclasses import dataclass

from harness.store import PhaseSpan
from reports.measures.outcomes import Outcomes
from reports.measures.phases import FaultLife
from reports.measures.recovery import Baseline, Recovery
from reports.measures.step_figures import StepCounts
from reports.measures.windows import Amplification, Windows


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One state of one thing, in seconds since the run's zero."""

    begin_s: float
    end_s: float
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """The states of one thing over the whole run; `usual` is the state with nothing to tell."""

    name: str
    usual: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknowns:
    """Payments whose first answer left the question open, and how long until it was answered."""

    count: int
    unresolved: int
    begin_s: float
    end_s: float
    p99_s: float
    censored: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryStep:
    """One attempt of a payment's story; seconds since its intended start."""

    begin_s: float
    end_s: float
    request: str
    outcome: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The intent with the most attempts; `left_out` of its steps are not shown."""

    intent: str
    due_s: float
    steps: tuple[StoryStep, ...]
    left_out: int
    ends: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """All that is drawn. `censored` names the metrics whose value is only a lower bound.

    `unjudged` names those that have none because the baseline was no baseline.
    """

    title: str
    question: str
    latency_limit_ms: float
    good_target: float
    hold_s: float
    end_s: float
    phases: tuple[PhaseSpan, ...]
    faults: tuple[FaultLife, ...]
    windows: Windows
    amplification: Amplification
    baseline: Baseline | None
    recovery: Recovery | None
    outcomes: Outcomes
    steps: tuple[StepCounts, ...]
    metastable: bool
    confounded: bool
    good_ratio_fault: float | None
    unknowns: Unknowns
    lanes: tuple[Lane, ...]
    story: Story | None
    metrics: tuple[str, ...]
    censored: frozenset[str]
    unjudged: frozenset[str]
    defect: str
