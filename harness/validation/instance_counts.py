"""Whether a method faults as many instances as there are, and as the blast radius allows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from harness.errors import ConfigError
from harness.files.problems import Problem
from harness.files.variables import UNKNOWN
from harness.system import MAX_REPLICAS, System
from harness.targets.base import Scales
from harness.targets.environment import wrong_lives
from harness.targets.registry import target_type
from harness.validation.method import MethodStep, problem_near

ENVIRONMENT: Final = "inject_environment"
INSTANCE_ACTIONS: Final = (
    *("inject_kill", "inject_pause", "inject_crash", "inject_drain"),
    ENVIRONMENT,
)


def instance_fault_problems(step: MethodStep, system: System) -> Iterator[Problem]:
    """What is wrong with one fault of instances."""
    service = system.service(str(step.arguments["service"]))
    if service is None or step.func not in INSTANCE_ACTIONS:
        return
    if service.url is not None:
        node, at = step.argument("service"), step.argument_at("service")
        wrong = f"{service.name} runs elsewhere: Squall does not stop its process"
        yield problem_near(node, at, wrong, "services that Squall starts", "take another service")
    count, there = _count(step), _there(service.name, system)
    if not 1 <= count <= there:
        wrong = f"{count} instances of {service.name!r}, which has {there}"
        fix = f"write `instances: {there}` or fewer"
        node, at = step.argument("instances"), step.argument_at("instances")
        yield problem_near(node, at, wrong, f"1 to {there}", fix)
    lives = step.arguments.get("lives")
    if step.func == ENVIRONMENT and (wrong := wrong_lives(lives)) and not _is_unknown(lives):
        fix = "write for example `lives: [{LOG_LEVEL: debug}]`"
        node, at = step.argument("lives"), step.argument_at("lives")
        yield problem_near(node, at, wrong, "a list of variables with their values", fix)


def _is_unknown(lives: object) -> bool:
    """Missing, which the function's signature says better, or known by the run only."""
    return lives is None or lives is UNKNOWN


def held_problems(
    method: Sequence[MethodStep], max_instances: int, system: System
) -> Iterator[Problem]:
    """What is held at the same time, until the next undo_all."""
    held = Counter[str]()
    for step in method:
        if step.undoes:
            held.clear()
        service = system.service(str(step.arguments.get("service")))
        if not step.injects or step.func not in INSTANCE_ACTIONS or service is None:
            continue
        held[service.name] += _count(step)
        if sum(held.values()) > max_instances:
            yield _too_many(step, sum(held.values()), max_instances)
        there = _there(service.name, system)
        if held[service.name] > there >= _count(step):
            yield _more_than_there(step, service.name, held[service.name], there)


def _there(service: str, system: System) -> int:
    """How many instances the service can have at most.

    The files state that number, but not for a target that scales services: there it changes during
    a run, and the fault itself is refused if too few instances are ready.
    """
    found = system.service(service)
    try:
        scales = issubclass(target_type(system.target), Scales)
    except ConfigError:
        scales = False  # the check of the system file reports it
    return MAX_REPLICAS if scales or found is None else found.count


def _count(step: MethodStep) -> int:
    value = step.arguments.get("instances", 1)
    return value if isinstance(value, int) and not isinstance(value, bool) else 1


def _too_many(step: MethodStep, total: int, most: int) -> Problem:
    node, at = step.argument("instances"), step.argument_at("instances")
    wrong = f"{total} instances at once are more than max_instances {most}"
    fix = "raise `blast_radius.max_instances`, take fewer instances, or undo before"
    return problem_near(node, at, wrong, f"at most {most} at once", fix)


def _more_than_there(step: MethodStep, service: str, mine: int, there: int) -> Problem:
    node, at = step.argument("instances"), step.argument_at("instances")
    wrong = f"{mine} instances of {service!r} at once, which has {there}"
    fix = "put an action undo_all before this one, or take fewer instances"
    return problem_near(node, at, wrong, f"at most {there} at once", fix)
