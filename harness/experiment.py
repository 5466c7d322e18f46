"""One experiment file: plain Chaos Toolkit, with the harness's own terms under `extensions`.

```yaml
extensions:
  - name: squall
    question: Do payments come back when a ledger instance dies at the peak?
    scenario: payday_spike
    phases: {warm_up_s: 5, baseline_s: 20, fault_s: 10, recovery_s: 25, drain_s: 10}
    max_duration_s: 90
    blast_radius: {services: [ledger], edges: [], max_instances: 1}
    evidence: [ledger_entries, bank_charges]
    good: {latency_ms: 300, target: 0.99}
    hold_s: 10
    objectives:
      - {name: stable recovery, metric: stable_recovery_s, must: "<=", limit: 10}
```
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from harness.blast_radius import BlastRadius
from harness.declared_fault import DeclaredFault, FaultCall, declared_call
from harness.files.document import Document, Node, plain
from harness.files.problems import Problem, Verbatim, fix_name, raise_problems
from harness.files.real_path import real_path
from harness.files.record_check import problem_at, problems_of, record
from harness.files.toolkit_file import toolkit_problems
from harness.files.variables import read_variables
from harness.files.yaml_file import read_document
from harness.load.records import MAX_RUN_S
from harness.start_condition import When
from harness.system import FileName, Name, System
from harness.validation.foreign_fault_check import foreign_fault_problems
from harness.validation.method import MethodStep, steps
from harness.validation.method_check import Limits, method_problems
from harness.validation.terms_check import objective_problems, terms_problems

EXTENSION: Final = "squall"
_MOST_NAME: Final = 100
Phase = Annotated[float, Meta(gt=0, le=MAX_RUN_S, description="s", examples=[20])]
SloWord = Annotated[
    str, Meta(min_length=1, max_length=500, description="a name or a path", examples=["payments"])
]
PhaseOrNone = Annotated[float, Meta(ge=0, le=MAX_RUN_S, description="s", examples=[5])]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Frozen, keyword-only; an unknown key is an error."""


class Phases(_Strict, frozen=True, kw_only=True):
    """How long each phase lasts, in seconds. Load is offered in all but drain."""

    warm_up_s: PhaseOrNone
    baseline_s: Phase
    fault_s: Phase
    recovery_s: Phase
    drain_s: PhaseOrNone

    @property
    def load_s(self) -> float:
        """How long load is offered."""
        return self.warm_up_s + self.baseline_s + self.fault_s + self.recovery_s


class Good(_Strict, frozen=True, kw_only=True):
    """When a payment is good, and the share that must be good at rest for the run to count."""

    latency_ms: Annotated[float, Meta(gt=0, le=600_000, description="ms", examples=[300])]
    target: Annotated[
        float, Meta(gt=0, le=1, description="a share between 0 and 1", examples=[0.99])
    ]


class Objective(_Strict, frozen=True, kw_only=True):
    """One figure that must hold. `metric` is one of `reports.verdict.objectives.METRICS`.

    `edge`: of which edge, where a metric has a figure for each; by default the worst of them.
    """

    name: Annotated[str, Meta(min_length=1, max_length=200, examples=["stable recovery"])]
    metric: Annotated[str, Meta(min_length=1, max_length=100, examples=["stable_recovery_s"])]
    must: Literal["<=", ">="]
    limit: Annotated[float, Meta(ge=0, le=1_000_000, examples=[10])]
    edge: Annotated[str, Meta(max_length=200, examples=["payments>ledger"])] = ""


class Terms(_Strict, frozen=True, kw_only=True):
    """The extension named squall. `evidence`: the tables that are checked; by default all.

    `slos`: SLO documents, by the name of a preset in objectives/ or by path. `watch`: the method
    does nothing; somebody else's fault is marked with `squall mark`. `control`: the method injects
    nothing, to show what load alone does. `guards`: layers of the system that must have absorbed
    something, or the run is inconclusive. `to_the_end`: foreign load does not end the run early; it
    cannot pass, and records that are wrong are still proven. `when`: what must hold before the
    method begins.
    """

    name: str
    question: Annotated[str, Meta(min_length=1, max_length=1000, examples=["Does it come back?"])]
    scenario: Annotated[str, Meta(min_length=1, max_length=200, examples=["steady_payments"])]
    phases: Phases
    max_duration_s: Annotated[float, Meta(gt=0, le=MAX_RUN_S, description="s", examples=[90])]
    blast_radius: BlastRadius
    evidence: Annotated[tuple[FileName, ...], Meta(max_length=50)] | None = None
    good: Good
    objectives: Annotated[tuple[Objective, ...], Meta(max_length=100)]
    hold_s: Annotated[float, Meta(ge=0.1, le=600, description="s", examples=[10])] = 10.0
    watch: bool = False
    control: bool = False
    to_the_end: bool = False
    guards: Annotated[tuple[Name, ...], Meta(max_length=20)] = ()
    when: When | None = None
    faults: Annotated[tuple[DeclaredFault, ...], Meta(max_length=50)] = ()
    slos: Annotated[tuple[SloWord, ...], Meta(max_length=20)] = ()


class Experiment(_Strict, frozen=True, kw_only=True):
    """An experiment file that was read and found sound. `values` is what is conducted."""

    name: str
    title: str
    path: Path
    terms: Terms
    faults: tuple[FaultCall, ...]
    values: dict[str, Any] = {}


def read_experiment(path: Path, system: System) -> Experiment:
    """Read and check the file by itself and against the system.

    Raises ConfigError with every error, its line and its fix. What depends on this machine
    (modules, environment, scenario) is `harness.validation.this_machine`'s to check.
    """
    document = read_document(path)
    raise_problems(path, experiment_problems(document, system))
    return experiment_of(document)


def read_stored_experiment(path: Path) -> Experiment:
    """The experiment of a stored run: its terms and faults; the run itself is past every check.

    Raises ConfigError where the terms cannot be read.
    """
    document = read_document(path)
    at, extension = squall_extension(document.root)
    if extension is None:
        raise_problems(path, [_no_extension(document.root)])
    raise_problems(path, [*document.problems, *problems_of(extension or document.root, Terms, at)])
    return experiment_of(document)


def experiment_problems(
    document: Document, system: System, metrics: Mapping[str, str] | None = None
) -> list[Problem]:
    """All errors of an experiment file that do not depend on this machine.

    `metrics` are the figures that objectives may name, with their units; None leaves them open.
    """
    return shape_problems(document) or cross_problems(document, system, metrics)


def shape_problems(document: Document) -> list[Problem]:
    """Wrong keys, types and ranges: each value by itself."""
    root = document.root
    if not isinstance(root.value, dict):
        return [*document.problems, _no_mapping(root)]
    at, extension = squall_extension(root)
    own = [_no_extension(root)] if extension is None else problems_of(extension, Terms, at)
    return [*document.problems, *toolkit_problems(root), *own]


def cross_problems(
    document: Document, system: System, metrics: Mapping[str, str] | None = None
) -> list[Problem]:
    """What the values of a file of the right shape do not agree on."""
    root = document.root
    at, extension = squall_extension(root)
    if extension is None:
        return [_no_extension(root)]
    terms = record(extension, Terms)
    limits = Limits(
        services=terms.blast_radius.services,
        edges=terms.blast_radius.edges,
        max_instances=terms.blast_radius.max_instances,
        fault_s=terms.phases.fault_s,
        watch=terms.watch,
        control=terms.control,
        declared={fault.action: fault.undo for fault in terms.faults},
    )
    return [
        *terms_problems(extension, at, terms, system),
        *(objective_problems(extension, at, metrics) if metrics is not None else ()),
        *foreign_fault_problems(extension, at, terms, steps_of(document)),
        *method_problems(root, steps_of(document), limits, system),
    ]


def experiment_of(document: Document) -> Experiment:
    """The record of a document without problems."""
    _, extension = squall_extension(document.root)
    if extension is None:
        raise_problems(document.path, [_no_extension(document.root)])
    path = document.path
    terms = record(extension or document.root, Terms)
    return Experiment(
        name=experiment_name(path),
        title=document.root.text("title"),
        path=path,
        terms=terms,
        faults=(
            *(_fault(s) for s in steps_of(document) if _is_fault(s)),
            *(declared_call(one, document.root.line) for one in terms.faults),
        ),
        values=conducted_values(document),
    )


def experiment_name(path: Path) -> str:
    """The name of an experiment's runs: one plain folder name, however the file was reached."""
    real = real_path(path)
    name = real.parent.name if real.stem == "experiment" else real.stem
    printable = "".join(char if char.isprintable() else "_" for char in name).strip(". ")
    return printable[:_MOST_NAME] or "experiment"


def steps_of(document: Document, environ: Mapping[str, str] = os.environ) -> tuple[MethodStep, ...]:
    """The activities of the file, their variables replaced by what this environment gives."""
    return steps(document.root, read_variables(document.root, environ))


def squall_extension(root: Node) -> tuple[str, Node | None]:
    """The harness's own terms in the file, and their key."""
    extensions = root.child("extensions")
    for index, item in enumerate(extensions.elements() if extensions else ()):
        if item.text("name") == EXTENSION:
            return f"extensions[{index}]", item
    return "extensions", None


def conducted_values(document: Document) -> dict[str, Any]:
    """The file's values, the arguments of its faults as this environment gives them.

    So a stored run shows what its faults were asked to do, and no other part of the environment.
    """
    values: dict[str, Any] = plain(document.root)
    for step in steps_of(document):
        if _is_fault(step) and step.node.child("ref") is None and step.arguments:
            index = int(step.at.removeprefix("method[").removesuffix("]"))
            if "provider" in values["method"][index]:
                values["method"][index]["provider"]["arguments"] = step.arguments
    return values


def _is_fault(step: MethodStep) -> bool:
    return step.injects and step.at.startswith("method")


def _fault(step: MethodStep) -> FaultCall:
    targets = tuple(str(step.arguments[k]) for k in ("service", "edge") if k in step.arguments)
    count = step.arguments.get("instances", 1) if "service" in step.arguments else 0
    return FaultCall(
        action=step.name,
        func=step.func,
        targets=targets,
        line=step.node.line,
        instances=count if isinstance(count, int) else 1,
    )


def _no_mapping(root: Node) -> Problem:
    wrong, allowed = "not a Chaos Toolkit experiment", "a mapping with title, extensions and method"
    return problem_at(root, "", wrong, allowed, "start from a file in experiments/")


def _no_extension(root: Node) -> Problem:
    extensions = root.child("extensions")
    names = [item.text("name") for item in (extensions.elements() if extensions else [])]
    return Problem(
        line=root.line_of_key("extensions"),
        key="extensions",
        value=Verbatim(", ".join(names) or "(none)"),
        wrong="no extension named `squall`",
        allowed="one extension named squall: scenario, phases, blast_radius, objectives",
        fix=fix_name(names[0], [EXTENSION]) if names else "add `- name: squall`",
    )
