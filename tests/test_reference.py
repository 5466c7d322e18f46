"""docs/reference.md names every command with its options, every metric, check and fault."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import pytest
from msgspec.structs import fields

import cli
from harness.chaos import actions
from harness.evidence.declared import CheckSpec
from reports.inputs.stored import read_stored
from reports.measures.measure_run import read
from reports.measures.metric_table import METRICS
from reports.measures.metrics import Seen, measure_all
from tests.support.planted_checks import payment_kinds
from tests.support.runs_builder import sound_run

REFERENCE = Path(__file__).parents[1] / "docs" / "reference.md"


def rows(title: str) -> dict[str, str]:
    """The rows of a section's table by the first word in backticks."""
    section = REFERENCE.read_text().split(f"## {title}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return {line.split("`")[1]: line for line in lines}


def command_rows() -> dict[str, str]:
    return {" ".join(words(name)): line for name, line in rows("Commands").items()}


def words(usage: str) -> list[str]:
    return [w for w in usage.split()[1:] if re.fullmatch(r"[a-z]+", w)]


def leaves(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in cli.COMMANDS if group is cli.squall else group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from leaves(found, f"{before}{name} ")
        else:
            yield f"{before}{name}", found


def test_every_command_is_in_the_reference_and_no_other() -> None:
    assert set(command_rows()) == {name for name, _ in leaves(cli.squall)}


@pytest.mark.parametrize("name", [name for name, _ in leaves(cli.squall)])
def test_every_option_of_a_command_is_in_its_row(name: str) -> None:
    command = dict(leaves(cli.squall))[name]
    options = {o.opts[-1] for o in command.params if isinstance(o, click.Option)}
    listed = command_rows()[name].rsplit("|", 2)[1]
    assert set(re.findall(r"--[a-z-]+", listed)) == options


def test_every_metric_is_in_the_reference_with_its_unit() -> None:
    units = {name: line.split("|")[2].strip() for name, line in rows("Metrics").items()}
    assert units == {name: metric.unit for name, metric in METRICS.items()}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return read(read_stored(sound_run().write(tmp_path_factory.mktemp("runs") / "run"))).seen


def test_every_metric_is_measured_and_every_measurement_is_a_metric(seen: Seen) -> None:
    assert set(measure_all(seen)) == set(METRICS)
    assert set(measure_all(replace(seen, recovery=None, trace=None, window=None))) == set(METRICS)


def test_a_measurement_of_a_whole_run_is_a_finite_number_for_each_metric(seen: Seen) -> None:
    values = {name: measured.value for name, measured in measure_all(seen).items()}
    missing = {n for n, v in values.items() if v is None or not math.isfinite(v)}
    # The built run contains no event of a breaker or of calls and none of a payments instance.
    of_events = {"half_open_calls_max", "ready_in_vain_s", "attempts_per_call"}
    assert missing <= {"time_to_detect_s", *of_events}


def test_every_check_is_in_the_reference() -> None:
    ready_made = {field.name for field in fields(CheckSpec)} - {"name", "own", "payments"}
    assert set(rows("Checks")) == ready_made | {kind.name for kind in payment_kinds()}


def test_every_fault_is_in_the_reference() -> None:
    functions = inspect.getmembers(actions, inspect.isfunction)
    assert set(rows("Faults")) == {name for name, _ in functions if name.startswith("inject_")}
