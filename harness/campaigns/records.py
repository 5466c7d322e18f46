"""A campaign's words: the request of a run, its outcome, and an attempt to make it."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

CANDIDATE: Final = "candidate"
BASELINE: Final = "baseline"
Must = Literal["<=", ">="]
RunVerdict = Literal["PASS", "FAIL", "INVALID", "INCONCLUSIVE"]


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """One reason: a code for programs and a sentence for people."""

    code: str
    text: str


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One objective of one run. `censored`: the value is a bound, the objective fails."""

    name: str
    metric: str
    must: Must
    limit: float
    unit: str
    value: float | None
    censored: bool = False

    @property
    def key(self) -> str:
        """What the same objective of another run is called."""
        return f"{self.name} {self.must} {self.limit:g}"


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of a run without a limit. `at_least`: the value is a lower bound."""

    metric: str
    must: Must
    unit: str
    value: float | None
    at_least: bool = False


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What was busy where a run was at its limit; shares of one core by process.

    `machine`: the busy share of all cores. `waits`: events of guards by name, such as waits for a
    connection of a pool, for each intent.
    """

    machine: float | None = None
    cores: float = 0.0
    processes: dict[str, float] = {}
    waits: dict[str, float] = {}


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a judged run says.

    `broken`: reasons for FAIL besides figures (never recovered, steady state missed).
    `violations`: what is wrong in the records of the system; proven under any load.
    `measures` and `load`: for comparisons of arms. `remarks`: what else to know of them.
    """

    verdict: RunVerdict
    why: tuple[Why, ...] = ()
    figures: tuple[Figure, ...] = ()
    broken: tuple[Why, ...] = ()
    violations: tuple[Why, ...] = ()
    measures: tuple[Measure, ...] = ()
    load: Load | None = None
    remarks: tuple[str, ...] = ()

    @property
    def is_valid(self) -> bool:
        """Whether the run tells anything."""
        return self.verdict != "INVALID"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One run to be made. Arms with the same repeat have the same seed and the same fault start.

    `later_s`: how much later than in the experiment file the fault starts.
    """

    experiment: str
    arm: str
    repeat: int
    seed: int
    later_s: float = 0.0

    @property
    def cell(self) -> tuple[str, str]:
        """What its repeats have in common."""
        return (self.experiment, self.arm)


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try to make a requested run.

    `error`: why a sealed run is missing; empty if one was made. `interrupted`: the campaign
    itself ended during the attempt, so it says nothing about the system or the machine.
    """

    number: int
    request: Request
    run: str = ""
    took_s: float = 0.0
    error: str = ""
    interrupted: bool = False
    outcome: Outcome | None = None

    @property
    def is_valid(self) -> bool:
        """Whether it may be counted as its repeat."""
        return self.outcome is not None and self.outcome.is_valid


class Arm(msgspec.Struct, frozen=True, kw_only=True):
    """One variant of the system: a build, a configuration, a defect, a system file.

    `system` and `deployment` are paths; `changes` are environment variables of its processes.
    `target` and `place`: as on the command line.
    """

    name: str
    system: str
    deployment: str = ""
    target: str | None = None
    place: dict[str, str] = {}
    changes: dict[str, str] = {}
