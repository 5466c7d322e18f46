"""The declared table of edge faults: each row has an action, each number has a range."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.chaos import actions
from harness.targets.edge_abilities import (
    EDGE_ABILITIES,
    Ability,
    Setting,
    ability_of,
    wrong_settings,
)
from harness.targets.records import EdgeFault

ROOT = Path(__file__).parents[3]


def name_of(row: Ability) -> str:
    return f"{row.carrier}-{row.kind}"


def right_values(row: Ability) -> dict[str, object]:
    return {s.name: s.choices[0] if s.choices else s.high for s in row.settings}


@pytest.mark.parametrize("row", EDGE_ABILITIES, ids=name_of)
def test_each_row_names_an_action_that_takes_its_settings(row: Ability) -> None:
    action = getattr(actions, row.action)
    taken = inspect.signature(action).parameters
    assert {"edge", *(s.name for s in row.settings)} <= set(taken)
    assert {s.name for s in row.settings} <= set(EdgeFault.__struct_fields__)


@pytest.mark.parametrize("row", EDGE_ABILITIES, ids=name_of)
def test_the_highest_value_of_each_setting_is_allowed(row: Ability) -> None:
    assert wrong_settings(row, right_values(row)) == ()


NUMBERS = [
    (row, setting) for row in EDGE_ABILITIES for setting in row.settings if not setting.choices
]


@pytest.mark.parametrize("value", [-1, math.nan, math.inf, -math.inf, 10**400, True, "5", None, []])
@pytest.mark.parametrize(
    ("row", "setting"), NUMBERS, ids=lambda x: name_of(x) if isinstance(x, Ability) else x.name
)
def test_no_setting_takes_a_value_outside_its_range(
    row: Ability, setting: Setting, value: object
) -> None:
    given: Mapping[str, object] = {**right_values(row), setting.name: value}
    (wrong, *_) = wrong_settings(row, given)
    assert wrong.name == setting.name
    assert setting.allowed in str(wrong)


def test_a_missing_and_an_unknown_setting_are_named() -> None:
    row = ability_of("inject_latency", "tcp")
    assert row is not None
    said = [str(wrong) for wrong in wrong_settings(row, {"latncy_ms": 5})]
    assert said[0].startswith("latncy_ms: 5: write nothing: latency on tcp edges has latency_ms")
    assert said[1] == "latency_ms: is missing: write more than 0 and at most 60000 ms"


def test_an_http_edge_has_no_bandwidth() -> None:
    assert ability_of("inject_bandwidth", "mesh") is None
    assert ability_of("bandwidth", "tcp") is not None


@pytest.mark.parametrize("row", EDGE_ABILITIES, ids=name_of)
def test_the_document_lists_each_row_with_its_settings_and_ranges(row: Ability) -> None:
    lines = (ROOT / "docs" / "edge-faults.md").read_text().splitlines()
    (line,) = [text for text in lines if text.startswith(f"| {row.carrier} | `{row.action}` |")]
    assert row.meaning in line
    assert line.endswith(f"| {row.hit} |")
    assert all(f"`{s.name}` {s.allowed}" in line for s in row.settings)
