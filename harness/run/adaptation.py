"""How a run's experiment differs from its file: a later fault, and further objectives.

Campaigns ask for it. The run stores the adapted experiment, and is judged by it.
"""

from __future__ import annotations

import copy
from typing import Any, Final

import msgspec

from harness.errors import ConfigError
from harness.experiment import EXTENSION, Experiment, Objective, Terms


class Adaptation(msgspec.Struct, frozen=True, kw_only=True):
    """`later_s`: how much later the fault starts; the baseline is as much longer."""

    later_s: float = 0.0
    objectives: tuple[Objective, ...] = ()


NONE: Final = Adaptation()


def adapted(experiment: Experiment, adaptation: Adaptation) -> Experiment:
    """The changed experiment. Raises ConfigError for a second objective of a name."""
    names = {objective.name for objective in experiment.terms.objectives}
    for objective in adaptation.objectives:
        if objective.name in names:
            text = f"{experiment.name}: has an objective {objective.name!r} already; rename one"
            raise ConfigError(text)
    values = adapted_values(experiment.values, adaptation)
    terms = _adapted(experiment.terms, adaptation)
    return msgspec.structs.replace(experiment, terms=terms, values=values)


def adapted_values(values: dict[str, Any], adaptation: Adaptation) -> dict[str, Any]:
    """The values of the file with the same differences."""
    if adaptation == NONE:
        return values
    changed = copy.deepcopy(values)
    for extension in changed.get("extensions", []):
        if extension.get("name") == EXTENSION:
            extension["phases"]["baseline_s"] += adaptation.later_s
            extension["max_duration_s"] += adaptation.later_s
            extension["objectives"] += msgspec.to_builtins(adaptation.objectives, builtin_types=())
    return changed


def _adapted(terms: Terms, adaptation: Adaptation) -> Terms:
    later_s = terms.phases.baseline_s + adaptation.later_s
    return msgspec.structs.replace(
        terms,
        phases=msgspec.structs.replace(terms.phases, baseline_s=later_s),
        max_duration_s=terms.max_duration_s + adaptation.later_s,
        objectives=(*terms.objectives, *adaptation.objectives),
    )
