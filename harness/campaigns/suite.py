"""A suite file: which experiments a gate runs, how often, and in how much time.

```yaml
name: ci
question: May this build be released?
budget_s: 360
repeats: {least: 3, most: 8}
jitter_s: 2
seed: 11
experiments:
  - ledger-killed-at-peak
  - {experiment: bank-slow, rate_scale: 0.5}
objectives:                       # for every experiment, besides its own
  - {name: lost seconds, metric: lost_s, must: "<=", limit: 5}
slos: [payments]                  # SLO documents: a name of objectives/, or a path
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from harness.errors import ConfigError
from harness.experiment import Objective, SloWord
from harness.files.document import Document, Node
from harness.files.problems import Problem, nearest, raise_problems
from harness.files.record_check import problems_of, record, wrong_value
from harness.files.yaml_file import read_document
from harness.system import RateScale
from harness.validation.terms_check import objective_problems

MOST_EXPERIMENTS: Final = 100
SUITES: Final = "suites"


ExperimentName = Annotated[
    str, Meta(min_length=1, max_length=500, examples=["ledger-killed-at-peak"])
]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Frozen, keyword-only; an unknown key is an error."""


class Repeats(_Strict, frozen=True, kw_only=True):
    """How often each experiment is run: at least, and at most if it is not decided before."""

    least: Annotated[int, Meta(ge=2, le=100, examples=[3])] = 3
    most: Annotated[int, Meta(ge=2, le=100, examples=[8])] = 8


class SuiteEntry(_Strict, frozen=True, kw_only=True):
    """One experiment of the suite: a name, or a path from the folder of the suite file."""

    experiment: ExperimentName
    scenario: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    rate_scale: RateScale | None = None


class Suite(_Strict, frozen=True, kw_only=True):
    """A suite. `jitter_s`: how much later the fault may start, to meet every phase of timers.

    `slos`: SLO documents for every experiment, by the name of a preset or by path.
    """

    name: Annotated[
        str,
        Meta(
            pattern=r"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,62}\Z",
            description="letters, digits, _ . -",
            examples=["ci"],
        ),
    ]
    question: Annotated[str, Meta(min_length=1, max_length=1000)] = "May this build be released?"
    budget_s: Annotated[float, Meta(gt=0, le=172_800, description="s", examples=[360])]
    repeats: Repeats = Repeats()
    jitter_s: Annotated[float, Meta(ge=0, le=600, description="s", examples=[2])] = 2.0
    seed: Annotated[int, Meta(ge=0, le=2**53 - 1, examples=[11])] = 11
    experiments: Annotated[
        tuple[ExperimentName | SuiteEntry, ...], Meta(min_length=1, max_length=MOST_EXPERIMENTS)
    ]
    objectives: Annotated[tuple[Objective, ...], Meta(max_length=100)] = ()
    slos: Annotated[tuple[SloWord, ...], Meta(max_length=20)] = ()

    @property
    def entries(self) -> tuple[SuiteEntry, ...]:
        """The experiments, each with its options."""
        return tuple(
            SuiteEntry(experiment=one) if isinstance(one, str) else one for one in self.experiments
        )


def suite_path(root: Path, name: str) -> Path:
    """The file of a suite given by name (`ci`) or by path. Raises ConfigError."""
    known = sorted(path.stem for path in (root / SUITES).glob("*.yaml"))
    if name in known:
        return root / SUITES / f"{name}.yaml"
    as_path = Path(name)
    if as_path.suffix in (".yaml", ".yml", ".json") or "/" in name or as_path.exists():
        return as_path
    raise ConfigError(f"no suite {name!r}; {nearest(name, known)}")


def read_suite(path: Path, metrics: Mapping[str, str]) -> Suite:
    """Read and check a suite file. Raises ConfigError with every error, its line and its fix."""
    document = read_document(path)
    raise_problems(path, suite_problems(document, metrics))
    return record(document.root, Suite)


def suite_problems(document: Document, metrics: Mapping[str, str]) -> list[Problem]:
    """All errors of the file by itself. `metrics`: the figures that objectives may name."""
    root = document.root
    found = [*document.problems, *problems_of(root, Suite)]
    if found or not isinstance(root.value, dict):
        return found
    return [
        *_repeats(root),
        *_twice(root, "experiments", "experiment"),
        *_twice(root, "objectives", "name"),
        *objective_problems(root, "", metrics),
    ]


def _repeats(root: Node) -> Iterator[Problem]:
    node = root.child("repeats")
    if node is None:
        return
    repeats = record(node, Repeats)
    if repeats.most < repeats.least:
        wrong = f"fewer than the least, {repeats.least}"
        allowed = f"at least {repeats.least}"
        yield wrong_value(node, "repeats.most", wrong, allowed, "write a larger number")


def _twice(root: Node, key: str, field: str) -> Iterator[Problem]:
    found = root.child(key)
    seen = set[str]()
    for index, item in enumerate(found.elements() if found else ()):
        name = str(item.value) if isinstance(item.value, str) else item.text(field)
        if name in seen:
            at = f"{key}[{index}].{field}"
            yield wrong_value(item, at, f"{name!r} is here twice", "each once", "remove one")
        seen.add(name)
