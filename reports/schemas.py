"""The JSON Schema of each file that a person writes or a tool reads, for editors: `squall schema`.

A schema knows what one value may be; `squall validate` knows the rest too (names that must exist,
values that must agree).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from harness.campaigns.compare.document import CompareDocument
from harness.campaigns.compare.matrix import Matrix
from harness.campaigns.gate_document import GateDocument
from harness.campaigns.suite import Suite
from harness.deployment import HOW_EDGE, HOW_SERVICE
from harness.experiment import EXTENSION, Terms
from harness.files.toolkit_schema import TopLevel
from harness.python_child import CHECKOUT
from harness.slo.openslo import Slo
from harness.slo.recovery_objective import RecoveryObjective
from harness.system import System
from reports.measures.metric_table import METRICS

Schema = dict[str, Any]
DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_DEPLOYED: Final = {"services": ("name", *HOW_SERVICE), "edges": ("name", *HOW_EDGE)}
_TOP_OF_DEPLOYMENT: Final = ("target", "options", "services", "edges")


def schema(name: str) -> Schema:
    """The schema of that file. Raises KeyError."""
    made: Schema = _portable(SCHEMAS[name]())
    return {"$schema": DRAFT, **made, "title": f"Squall: {name}"}


def _experiment() -> Schema:
    """Chaos Toolkit's keys, and the harness's own under the extension named squall."""
    made, terms = _of(TopLevel), _of(Terms)
    definitions = {**made["$defs"], **terms["$defs"]}
    objective = definitions["Objective"]["properties"]
    objective["metric"] = {"enum": sorted(METRICS)}
    extensions = definitions["TopLevel"]["properties"]["extensions"]
    extensions["items"] = {
        "type": "object",
        "if": {"properties": {"name": {"const": EXTENSION}}, "required": ["name"]},
        "then": {"$ref": terms["$ref"]},
    }
    return {"$ref": made["$ref"], "$defs": definitions}


def _system() -> Schema:
    return _of(System)


def _deployment() -> Schema:
    """What a deployment file may say of the services and edges of a system file."""
    made = _of(System)
    definitions = made["$defs"]
    for key, kept in _DEPLOYED.items():
        part = definitions["Service" if key == "services" else "Edge"]
        part["properties"] = {k: v for k, v in part["properties"].items() if k in kept}
        part["required"] = ["name"]
    top = definitions.pop("System")
    top["properties"] = {k: v for k, v in top["properties"].items() if k in _TOP_OF_DEPLOYMENT}
    for key in _DEPLOYED:
        top["properties"][key].pop("minItems", None)
    used = {"Deployment": {**top, "required": [], "title": "Deployment"}}
    used |= {name: definitions[name] for name in ("Service", "Edge")}
    return {"$ref": "#/$defs/Deployment", "$defs": used}


def _slo() -> Schema:
    return _of(Slo)


def _recovery_objective() -> Schema:
    return _of(RecoveryObjective)


def _verdict() -> Schema:
    text = (CHECKOUT / "docs" / "verdict.schema.json").read_text("utf-8")
    return dict(json.loads(text))


def _suite() -> Schema:
    made = _of(Suite)
    made["$defs"]["Objective"]["properties"]["metric"] = {"enum": sorted(METRICS)}
    return made


def _gate() -> Schema:
    return _written(GateDocument)


def _matrix() -> Schema:
    return _of(Matrix)


def _compare() -> Schema:
    return _written(CompareDocument)


def _written(kind: type[msgspec.Struct]) -> Schema:
    """What a reader of a document may expect; every key is always there."""
    made = _of(kind)
    for part in made["$defs"].values():
        part["additionalProperties"] = False
        part["required"] = list(part["properties"])
    return made


SCHEMAS: Final[Mapping[str, Callable[[], Schema]]] = {
    "experiment": _experiment,
    "system": _system,
    "deployment": _deployment,
    "slo": _slo,
    "recovery-objective": _recovery_objective,
    "verdict": _verdict,
    "suite": _suite,
    "gate": _gate,
    "matrix": _matrix,
    "compare": _compare,
}


def _of(kind: type[msgspec.Struct]) -> Schema:
    return msgspec.json.schema(kind)


def _portable(value: Any) -> Any:  # noqa: ANN401  # any part of a schema
    """Python's anchors as every JSON Schema validator reads them."""
    if isinstance(value, dict):
        return {
            key: _anchored(item) if key == "pattern" and isinstance(item, str) else _portable(item)
            for key, item in value.items()
        }
    return [_portable(item) for item in value] if isinstance(value, list) else value


def _anchored(pattern: str) -> str:
    return pattern.replace(r"\A", "^").replace(r"\Z", "$")
