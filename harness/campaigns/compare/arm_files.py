"""The files of each arm: those that it names, with its changes written into a deployment file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.campaigns.compare.matrix import Matrix, MatrixArm
from harness.campaigns.compare.matrix_file import line_at, problem_at
from harness.campaigns.records import Arm
from harness.errors import ConfigError
from harness.files.document import plain
from harness.files.problems import MISSING, Problem, fix_name, listed, raise_problems
from harness.files.real_path import real_path
from harness.files.whole_file import write_whole
from harness.files.yaml_file import checked_root, dump_document, read_document
from harness.system import System, SystemFiles, system_files


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmFiles:
    """An arm that can be run, and the system that its files describe."""

    arm: Arm
    system: System


def write_arms(
    path: Path, matrix: Matrix, usual: SystemFiles, folder: Path
) -> tuple[ArmFiles, ...]:
    """The arms of the matrix at `path`; written files go below `folder`. Raises ConfigError."""
    return tuple(_write(path, index, arm, usual, folder) for index, arm in enumerate(matrix.arms))


def _write(path: Path, index: int, arm: MatrixArm, usual: SystemFiles, folder: Path) -> ArmFiles:
    files = _files(path.absolute().parent, arm, usual)
    if arm.services or arm.edges:
        if files.deployment is None:
            wrong = "changes a system file that holds its deployment too"
            fix = "move how it runs into deploy/local.yaml beside the system file"
            said = (wrong, "a deployment file", fix)
            raise_problems(path, [problem_at(path, f"arms[{index}]", MISSING, said)])
        name = f"{index + 1}-{arm.name}".replace(" ", "-")
        changed = folder / name / "deployment.yaml"
        _change(path, index, arm, files, changed)
        files = replace(files, deployment=changed)
    try:
        return ArmFiles(arm=_arm(arm.name, files), system=files.read())
    except ConfigError as error:
        at = f"{path}:{line_at(path, f'arms[{index}]')}: arms[{index}]: {arm.name!r}"
        raise ConfigError(f"{at}: its files do not fit: {error}") from error


def _files(folder: Path, arm: MatrixArm, usual: SystemFiles) -> SystemFiles:
    """What the arm names, else what the command line names."""
    place = {**usual.place, **{k: v for k, v in _place(arm).items() if v is not None}}
    target = arm.target or usual.target
    system = usual.system if arm.system is None else folder / arm.system
    if arm.deployment is not None:
        chosen = folder / arm.deployment
        return SystemFiles(system=system, deployment=chosen, target=target, place=place)
    if arm.system is None and arm.target is None:
        return replace(usual, place=place)
    return system_files(system, None, target, place)


def _place(arm: MatrixArm) -> dict[str, str | None]:
    place = arm.place
    return {"context": place.context, "namespace": place.namespace, "overlay": place.overlay}


def _change(path: Path, index: int, arm: MatrixArm, files: SystemFiles, changed: Path) -> None:
    """Write the deployment with the changes. Raises ConfigError for what it does not have."""
    deployment = files.deployment or files.system
    values: dict[str, Any] = plain(checked_root(read_document(deployment)))
    problems: list[Problem] = []
    for key, changes in (("services", arm.services), ("edges", arm.edges)):
        items = {str(item.get("name")): item for item in _items(values, key)}
        for name, change in changes.items():
            if name not in items:
                wrong = f"{name!r} is not in {deployment}"
                fix = fix_name(name, list(items))
                at = f"arms[{index}].{key}.{name}"
                problems.append(problem_at(path, at, name, (wrong, listed(items), fix)))
            else:
                _apply(items[name], change)
    raise_problems(path, problems)
    options = values.get("options")
    if isinstance(options, dict) and "overlays" in options:
        options["overlays"] = str(real_path(deployment.absolute().parent / options["overlays"]))
    changed.parent.mkdir(parents=True, exist_ok=True)
    write_whole(changed, dump_document(values))


def _apply(item: dict[str, Any], change: Any) -> None:  # noqa: ANN401  # of a service or an edge
    for field in change.__struct_fields__:
        value = getattr(change, field)
        if isinstance(value, dict) and value:
            item[field] = {**item.get(field, {}), **value}
        elif value is not None and not isinstance(value, dict):
            item[field] = value


def _items(values: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = values.get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _arm(name: str, files: SystemFiles) -> Arm:
    deployment = "" if files.deployment is None else str(files.deployment.absolute())
    return Arm(
        name=name,
        system=str(files.system.absolute()),
        deployment=deployment,
        target=files.target,
        place=dict(files.place),
    )


def refuse_equal_names(arms: tuple[ArmFiles, ...]) -> None:
    """Raise ConfigError where two arms are of systems with other names: nothing is comparable."""
    names = {one.system.name for one in arms}
    if len(names) > 1:
        raise ConfigError(f"the arms are of different systems: {listed(sorted(names))}")
