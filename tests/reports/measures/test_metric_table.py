"""Every unit of a figure is one that verdict.json allows."""

from __future__ import annotations

import json
from pathlib import Path

from reports.measures.metric_table import METRICS, SLO_METRICS

SCHEMA = json.loads((Path(__file__).parents[3] / "docs/verdict.schema.json").read_text())


def test_the_schema_of_a_verdict_names_every_unit() -> None:
    of_objective = SCHEMA["properties"]["objectives"]["items"]["properties"]
    units = {metric.unit for metric in (*METRICS.values(), *SLO_METRICS.values())}
    assert set(of_objective["unit"]["enum"]) == units
