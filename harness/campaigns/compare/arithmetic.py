"""What follows from the files alone: connections, sizes and monthly prices of each arm."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.campaigns.compare.arm_files import ArmFiles
from harness.campaigns.compare.matrix import Connections, Matrix, Pool
from harness.campaigns.compare.matrix_file import problem_at
from harness.files.problems import Problem, Verbatim, fix_name, listed, raise_problems
from harness.system import Service, System


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """How many connections the instances of an arm may open at one database."""

    database: str
    limit: int
    used: int
    sum: str


class ArmFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an arm is: instances by service, connections, and what it costs a month."""

    name: str
    replicas: dict[str, int]
    connections: tuple[Used, ...] = ()
    month_minor: int | None = None


def arm_facts(matrix: Matrix, arms: Sequence[ArmFiles]) -> tuple[ArmFacts, ...]:
    """The facts of each arm; the arms fit, and every name is known."""
    return tuple(
        ArmFacts(
            name=one.arm.name,
            replicas={service.name: service.count for service in one.system.services},
            connections=tuple(used(each, one.system) for each in matrix.connections),
            month_minor=month_minor(matrix, one.system),
        )
        for one in arms
    )


def month_minor(matrix: Matrix, system: System) -> int | None:
    """The price of all instances for a month; None without prices."""
    if matrix.prices is None:
        return None
    prices = matrix.prices.month_minor
    return sum(service.count * prices.get(service.name, 0) for service in system.services)


def used(connections: Connections, system: System) -> Used:
    """Replicas times pool, over all services that use the database."""
    parts = []
    for name, pool in connections.pools.items():
        service = system.service(name)
        if service is not None:
            parts.append((service.count, pool_size(service, pool) or 0, name))
    return Used(
        database=connections.database,
        limit=connections.limit,
        used=sum(count * size for count, size, _ in parts),
        sum=" + ".join(f"{count} x {size} {name}" for count, size, name in parts),
    )


def pool_size(service: Service, pool: Pool) -> int | None:
    """The size that the variable sets; None where it is no number."""
    text = service.env.get(pool.env, str(pool.usual))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None  # noqa: PLR2004  # below a million


def arithmetic_problems(path: Path, matrix: Matrix, arms: Sequence[ArmFiles]) -> list[Problem]:
    """Names that no system has, pools that are no numbers, connections beyond the limit."""
    found = [*_names(path, matrix, arms), *_sizes(path, matrix, arms)]
    for place, connections in enumerate(matrix.connections):
        for index, one in enumerate(arms):
            found += _fits(path, (place, index), connections, one)
    return found


def refuse_misfits(path: Path, matrix: Matrix, arms: Sequence[ArmFiles]) -> None:
    """Raise ConfigError with every problem, before anything is started."""
    raise_problems(path, arithmetic_problems(path, matrix, arms))


def _names(path: Path, matrix: Matrix, arms: Sequence[ArmFiles]) -> list[Problem]:
    known = sorted({service.name for one in arms for service in one.system.services})
    said = [(f"scaling[{i}].service", one.service) for i, one in enumerate(matrix.scaling)]
    prices = matrix.prices.month_minor if matrix.prices else {}
    said += [(f"prices.month_minor.{name}", name) for name in prices]
    for i, each in enumerate(matrix.connections):
        said += [(f"connections[{i}].database", each.database)]
        said += [(f"connections[{i}].pools.{name}", name) for name in each.pools]
    return [
        problem_at(
            path, at, name, (f"{name!r} is no service", listed(known), fix_name(name, known))
        )
        for at, name in said
        if name not in known
    ]


def _sizes(path: Path, matrix: Matrix, arms: Sequence[ArmFiles]) -> list[Problem]:
    """A series of equal sizes shows no law of scaling."""
    systems = {one.arm.name: one.system for one in arms}
    found = []
    for index, series in enumerate(matrix.scaling):
        services = [systems[name].service(series.service) for name in series.arms]
        sizes = [service.count for service in services if service is not None]
        if len(set(sizes)) < 3 and len(sizes) == len(services):  # noqa: PLR2004  # unknowns of the law
            wrong = f"{series.service} has the sizes {listed(map(str, sizes))}"
            at, allowed = f"scaling[{index}].arms", "arms of at least three sizes"
            found.append(problem_at(path, at, series.name, (wrong, allowed, "add an arm")))
    return found


def _fits(
    path: Path, at: tuple[int, int], connections: Connections, one: ArmFiles
) -> list[Problem]:
    key = f"arms[{at[1]}]"
    for name, pool in connections.pools.items():
        service = one.system.service(name)
        if service is not None and pool_size(service, pool) is None:
            where, text = f"{key}.services.{name}.env.{pool.env}", service.env[pool.env]
            fix = f'write for example {pool.env}: "{pool.usual}"'
            allowed = "a whole number below a million"
            said = ("not a number of connections", allowed, fix)
            return [problem_at(path, where, text, said)]
    found = used(connections, one.system)
    if found.used <= found.limit:
        return []
    wrong = f"{found.used} connections at {found.database} ({found.sum})"
    allowed = f"at most {found.limit}, by connections[{at[0]}].limit"
    fix = "take a smaller pool or fewer replicas, or raise the limit of the database"
    return [problem_at(path, key, Verbatim(one.arm.name), (wrong, allowed, fix))]
