"""What the page draws beside the verdict: one frozen record, no file and no clock behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.store import PhaseSpan
from reports.inputs.intent_rows import Cell, TableRow
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
class Case:
    """One intent whose records are wrong: what it asked, its attempts and every row of its key."""

    key: str
    asked: Mapping[str, Cell]
    story: Story
    rows: tuple[TableRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongRecords:
    """One class of violation: when the intents were due, their money, and what was on then.

    `due` has the names that are keys of intents, so none for a class of accounts. `asked` is the
    sum that these intents asked, by currency; `held` the sums of the tables under their keys.
    `during` counts those that were due while something was not in its usual state.
    """

    check: str
    label: str
    sentence: str
    names: tuple[str, ...]
    due: Mapping[str, float]
    asked: Mapping[str, int]
    held: Mapping[str, Mapping[str, int]]
    during: tuple[tuple[str, int], ...] = ()
    case: Case | None = None
    proof: str = ""

    @property
    def due_s(self) -> tuple[float, ...]:
        """When each of the intents was due, in the order of time."""
        return tuple(sorted(self.due.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One line of the list of events; `times` more than 1: folded repetitions."""

    at_s: float
    until_s: float
    what: str
    detail: str
    kind: str
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCount:
    """Attempts of one request that ended alike, and when the first and the last of them ended."""

    request: str
    outcome: str
    answer: str
    count: int
    first_s: float
    last_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """All that is drawn. `censored` names the metrics whose value is only a lower bound.

    `unjudged` names those that have none because the baseline was no baseline.
    """

    title: str
    question: str
    control: bool
    zero_wall_ns: int
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
    observes_breakers: bool
    happenings: tuple[Happening, ...]
    answers: tuple[AnswerCount, ...]
    wrong: tuple[WrongRecords, ...]
    story: Story | None
    metrics: tuple[str, ...]
    censored: frozenset[str]
    unjudged: frozenset[str]
    defect: str

    def due_of_wrong(self) -> dict[str, float]:
        """When each intent with a wrong record was due, by its key."""
        return {name: at_s for wrong in self.wrong for name, at_s in wrong.due.items()}
