"""The activities of an experiment file: its probes, its method and its rollbacks, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

from harness.files.document import plain
from harness.files.yaml_file import checked_root, read_document

ACTIONS: Final = "harness.chaos.actions"
INJECTS: Final = "inject_"
_IN_STEPS: Final = {"canary": "shift"}  # actions that inject a fault of another name, step by step


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One activity. `has_tolerance`: its output is to be compared with one."""

    name: str
    background: bool = False
    has_tolerance: bool = False
    module: str = ""
    func: str = ""
    arguments: Mapping[str, object] = field(default_factory=dict)

    @property
    def fault(self) -> str:
        """The kind of fault that it injects; "" if it injects none."""
        is_ours = self.module == ACTIONS and self.func.startswith(INJECTS)
        name = self.func.removeprefix(INJECTS) if is_ours else ""
        return _IN_STEPS.get(name, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """All activities of an experiment; those given by `ref` are resolved by name."""

    probes: tuple[Step, ...]
    method: tuple[Step, ...]
    rollbacks: tuple[Step, ...]


def read_script(path: Path) -> Script:
    """Read it from a file that was found sound. Raises ConfigError."""
    experiment = _mapping(plain(checked_root(read_document(path))))
    probes = _items(_mapping(experiment.get("steady-state-hypothesis")).get("probes"))
    method, rollbacks = _items(experiment.get("method")), _items(experiment.get("rollbacks"))
    named = {str(item["name"]): item for item in (*rollbacks, *method, *probes) if "name" in item}
    return Script(
        probes=tuple(_step(item, named) for item in probes),
        method=tuple(_step(item, named) for item in method),
        rollbacks=tuple(_step(item, named) for item in rollbacks),
    )


def _step(item: Mapping[str, object], named: Mapping[str, Mapping[str, object]]) -> Step:
    """A `ref` runs in the background only if the referring entry says so."""
    real = named.get(str(item["ref"]), item) if "ref" in item else item
    provider = _mapping(real.get("provider"))
    return Step(
        name=str(real.get("name", item.get("ref", ""))),
        background=item.get("background") is True,
        has_tolerance="tolerance" in real,
        module=str(provider.get("module", "")),
        func=str(provider.get("func", "")),
        arguments=_mapping(provider.get("arguments")),
    )


def _items(value: object) -> list[Mapping[str, object]]:
    return [_mapping(item) for item in value] if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}
