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

from pathlib import Path
from typing import Final, Literal

import msgspec
import yaml

from harness import documents
from harness.errors import ConfigError
from harness.records import MAX_RUN_S
from harness.system import System

EXTENSION: Final = "squall"
_MOST_NAME: Final = 100
_ACTIONS: Final = "harness.chaos.actions"


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Frozen, keyword-only; an unknown key is an error."""


class Phases(_Strict, frozen=True, kw_only=True):
    """How long each phase lasts, in seconds. Load is offered in all but drain."""

    warm_up_s: float
    baseline_s: float
    fault_s: float
    recovery_s: float
    drain_s: float

    @property
    def load_s(self) -> float:
        """How long load is offered."""
        return self.warm_up_s + self.baseline_s + self.fault_s + self.recovery_s


class BlastRadius(_Strict, frozen=True, kw_only=True):
    """All that the experiment may touch. Nothing is allowed by default."""

    services: tuple[str, ...] = ()
    edges: tuple[str, ...] = ()
    max_instances: int = 0


class Good(_Strict, frozen=True, kw_only=True):
    """When a payment is good, and the share that must be good at rest for the run to count."""

    latency_ms: float
    target: float


class Objective(_Strict, frozen=True, kw_only=True):
    """One figure that must hold. `metric` is one of `reports.objectives.METRICS`."""

    name: str
    metric: str
    must: Literal["<=", ">="]
    limit: float


class Terms(_Strict, frozen=True, kw_only=True):
    """What stands under `extensions`, name squall."""

    name: str
    question: str
    scenario: str
    phases: Phases
    max_duration_s: float
    blast_radius: BlastRadius
    evidence: tuple[str, ...]
    good: Good
    objectives: tuple[Objective, ...]
    hold_s: float = 10.0


class FaultCall(_Strict, frozen=True, kw_only=True):
    """One action of the method that injects: its function in harness.chaos.actions, and on what."""

    action: str
    func: str
    targets: tuple[str, ...]
    line: int


class Experiment(_Strict, frozen=True, kw_only=True):
    """An experiment file that was read and found sound."""

    name: str
    title: str
    path: Path
    terms: Terms
    faults: tuple[FaultCall, ...]


def read_experiment(path: Path, system: System) -> Experiment:
    """Read and check. Raises ConfigError that names file, line, value and the mend."""
    value, node = documents.parse_tree(path)
    if not isinstance(value, dict):
        raise ConfigError("is not a Chaos Toolkit experiment (a mapping)", file=path)
    terms = _terms(value, path, node)
    faults = _faults(node)
    _check_terms(terms, path, node)
    _check_faults(faults, terms.blast_radius, system, path)
    name = experiment_name(path)
    title = str(value.get("title", name))
    return Experiment(name=name, title=title, path=path, terms=terms, faults=faults)


def experiment_name(path: Path) -> str:
    """The name of an experiment's runs: one plain folder name, however the file was reached."""
    real = path.resolve()
    name = real.parent.name if real.stem == "experiment" else real.stem
    plain = "".join(char if char.isprintable() else "_" for char in name).strip(". ")
    return plain[:_MOST_NAME] or "experiment"


def _terms(value: dict[str, object], path: Path, node: yaml.Node) -> Terms:
    extensions = value.get("extensions")
    items = extensions if isinstance(extensions, list) else []
    for index, item in enumerate(items):
        if isinstance(item, dict) and item.get("name") == EXTENSION:
            at = documents.child(node, "extensions").value[index]
            return documents.convert(item, Terms, file=path, node=at)
    text = (
        "no extension named `squall`: it states scenario, blast_radius, max_duration_s, objectives"
    )
    raise ConfigError(text, file=path, line=documents.line_of(node))


def _faults(node: yaml.Node) -> tuple[FaultCall, ...]:
    found = []
    method = documents.child(node, "method")
    for activity in method.value if isinstance(method, yaml.SequenceNode) else ():
        provider = documents.child(activity, "provider")
        module = documents.child(provider, "module").value
        func = documents.child(provider, "func").value
        if module == _ACTIONS and str(func).startswith("inject_"):
            arguments = documents.child(provider, "arguments")
            keys = {"service", "edge"}
            pairs = arguments.value if isinstance(arguments, yaml.MappingNode) else ()
            targets = tuple(str(v.value) for k, v in pairs if k.value in keys)
            name = str(documents.child(activity, "name").value)
            line = documents.line_of(activity)
            found.append(FaultCall(action=name, func=str(func), targets=targets, line=line))
    return tuple(found)


def _check_terms(terms: Terms, path: Path, node: yaml.Node) -> None:
    at = documents.line_of(documents.child(node, "extensions"))
    longest = min(MAX_RUN_S, terms.max_duration_s)
    total = terms.phases.load_s + terms.phases.drain_s
    if total > longest:
        text = f"the phases last {total:g} s, more than max_duration_s {longest:g}"
        raise ConfigError(text, file=path, line=at)
    for name in ("warm_up_s", "baseline_s", "fault_s", "recovery_s", "drain_s"):
        value = getattr(terms.phases, name)
        if value < 0:
            raise ConfigError(f"{name}: {value:g} is negative", file=path, line=at)
    if not 0 < terms.good.target <= 1:
        text = f"good.target: {terms.good.target:g} is no share between 0 and 1"
        raise ConfigError(text, file=path, line=at)


def _check_faults(
    faults: tuple[FaultCall, ...], radius: BlastRadius, system: System, path: Path
) -> None:
    services = [s.name for s in system.services]
    edges = [e.name for e in system.edges]
    for name, known in [(n, services) for n in radius.services] + [
        (n, edges) for n in radius.edges
    ]:
        if name not in known:
            mend = documents.nearest(name, known)
            raise ConfigError(f"blast_radius: {name!r} is not in the system; {mend}", file=path)
    for fault in faults:
        for target in fault.targets:
            known = edges if ">" in target else services
            allowed = radius.edges if ">" in target else radius.services
            if target not in known:
                text = f"{target!r} is not in the system; {documents.nearest(target, known)}"
                raise ConfigError(f"{fault.action}: {text}", file=path, line=fault.line)
            if target not in allowed:
                text = f"{fault.action}: {target!r} is outside the blast_radius"
                raise ConfigError(text, file=path, line=fault.line)
