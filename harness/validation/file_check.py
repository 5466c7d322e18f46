"""The whole check of files before the start: `validate` and `run` do the same one.

A system file, experiment files, their scenarios: all errors of all files are found, then raised
together. Nothing is started but short-lived children that import modules and scenarios.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from harness.errors import ConfigError
from harness.experiment import (
    Experiment,
    cross_problems,
    experiment_of,
    shape_problems,
    squall_extension,
)
from harness.files.document import Document, Node
from harness.files.problems import Problem, raise_problems
from harness.files.yaml_file import read_document
from harness.load.check import Build, Span, load_problems
from harness.run.listing import experiment_path
from harness.slo.documents import read_slo_files, slo_path
from harness.system import System, SystemFiles
from harness.validation.declared_check import missing_variables
from harness.validation.this_machine import machine_problems

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How the load is drawn; None is the experiment's own scenario, the deployment's own scale."""

    scenario: str | None = None
    seed: int = 11
    rate_scale: float | None = None


def check_files(
    root: Path,
    names: Sequence[str],
    files: SystemFiles,
    metrics: Mapping[str, str] | None = None,
    load: Load | None = None,
) -> tuple[System, tuple[Experiment, ...]]:
    """The system and the experiments, when nothing is wrong with any of them.

    `metrics` are the figures that objectives may name, with their units. Raises ConfigError with
    the errors of all files.
    """
    said: list[str] = []
    system = _attempt(said, files.read)
    if system is not None:
        described = read_document(files.system)
        _collect(said, described, list(missing_variables(described.root, os.environ)))
    documents = [
        document
        for name in names
        if (document := _attempt(said, lambda: read_document(experiment_path(root, name))))  # noqa: B023  # called at once
    ]
    if system is None:
        for document in documents:
            _collect(said, document, shape_problems(document))
        raise ConfigError.of_all(tuple(said))
    experiments = _check_all(said, documents, system, metrics, load or Load())
    if said:
        raise ConfigError.of_all(tuple(said))
    return system, experiments


def _check_all(
    said: list[str],
    documents: Sequence[Document],
    system: System,
    metrics: Mapping[str, str] | None,
    load: Load,
) -> tuple[Experiment, ...]:
    shaped: list[tuple[Document, Experiment]] = []
    for document in documents:
        problems = shape_problems(document)
        _collect(said, document, problems)
        if not problems:
            shaped.append((document, experiment_of(document)))
    with ExitStack() as stack:
        builds: list[tuple[Document, Experiment, Build]] = []
        for document, experiment in shaped:
            name = load.scenario or experiment.terms.scenario
            try:
                build = Build(name, experiment.terms.phases.load_s, document.path.parent)
            except ConfigError as error:
                if error.file is not None:  # the scenario is a file with errors of its own
                    said += error.problems
                    continue
                _collect(said, document, [_scenario_problem(document, load, str(error))])
                continue
            stack.callback(build.stop)
            builds.append((document, experiment, build))
        for document, _ in shaped:  # while the scenarios are being built
            found = cross_problems(document, system, metrics)
            _collect(said, document, [*found, *machine_problems(document)])
        for document, experiment in shaped:
            _check_slos(said, document, experiment)
        for document, experiment, build in builds:
            scale = system.scale(load.rate_scale)
            found = list(_load_problems(document, experiment, build, load, scale))
            _collect(said, document, found)
    return tuple(experiment for _, experiment in shaped)


def _check_slos(said: list[str], document: Document, experiment: Experiment) -> None:
    """The SLO documents that an experiment names."""
    at, extension = squall_extension(document.root)
    node = extension.child("slos") if extension else None
    paths = list[Path]()
    for index, item in enumerate(node.elements() if node else ()):
        try:
            paths.append(slo_path(experiment.terms.slos[index], document.path.parent))
        except ConfigError as error:
            _collect(said, document, [_slo_problem(item, f"{at}.slos[{index}]", str(error))])
    _attempt(said, lambda: read_slo_files(paths))


def _slo_problem(node: Node, key: str, wrong: str) -> Problem:
    return Problem(
        line=node.line,
        key=key,
        value=node.value if not isinstance(node.value, list | dict) else "",
        wrong=wrong,
        allowed="the name of a document in objectives/, or a path",
        fix="correct the name, or remove it",
    )


def _load_problems(
    document: Document, experiment: Experiment, build: Build, load: Load, rate_scale: float
) -> Iterator[Problem]:
    phases = experiment.terms.phases
    span = Span(
        baseline_begin_s=phases.warm_up_s,
        fault_begin_s=phases.warm_up_s + phases.baseline_s,
        fault_end_s=phases.warm_up_s + phases.baseline_s + phases.fault_s,
        load_s=phases.load_s,
        seed=load.seed,
        rate_scale=rate_scale,
    )
    for wrong in load_problems(build.data(), span):
        yield _scenario_problem(document, load, f"{build.path.name}: {wrong}")


def _scenario_problem(document: Document, load: Load, wrong: str) -> Problem:
    at, extension = squall_extension(document.root)
    node = extension.child("scenario") if extension else None
    return Problem(
        line=(node or document.root).line,
        key=f"{at}.scenario" if load.scenario is None else "--scenario",
        value=load.scenario or (node.value if node else ""),
        wrong=wrong,
        allowed="a scenario that can be built and makes enough arrivals",
        fix="correct that file, the phases, or --rate-scale; or name another scenario",
    )


def _collect(said: list[str], document: Document, problems: Sequence[Problem]) -> None:
    try:
        raise_problems(document.path, problems)
    except ConfigError as error:
        said += error.problems


def _attempt(said: list[str], read: Callable[[], T]) -> T | None:
    try:
        return read()
    except ConfigError as error:
        said += error.problems
        return None
