"""Own checks before a run: each class can be imported and needs tables that the file declares."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from harness.evidence.declared import OwnSettings
from harness.files.document import Node
from harness.files.problems import Problem, fix_name, listed, raise_problems
from harness.files.record_check import wrong_value
from harness.files.yaml_file import read_document
from harness.load.asked import ASKED
from harness.system import System
from reports.checks.base import CheckNotMadeError
from reports.checks.own import OwnProcess
from reports.inputs.evidence_tables import OWN_KEYS

_OF_THE_RUN: Final = (ASKED, OWN_KEYS)


def refuse_wrong_own_checks(system: System, file: Path) -> None:
    """Raise ConfigError with each own check of the system file that could not be made."""
    own = [(i, spec.own) for i, spec in enumerate(system.checks) if spec.own is not None]
    if not own:
        return
    checks = read_document(file).root.child("checks")
    items = checks.elements() if checks is not None else []
    found: list[Problem] = []
    for index, settings in own:
        item = items[index].child("own") or items[index]
        found += _problems(settings, item, f"checks[{index}].own.class", (system, file.parent))
    raise_problems(file, found)


def _problems(
    settings: OwnSettings, item: Node, key: str, of: tuple[System, Path]
) -> Iterator[Problem]:
    system, folder = of
    process = OwnProcess(settings, folder)
    try:
        needs = process.description().needs
    except CheckNotMadeError as error:
        where = folder / settings.path
        allowed = f"a class in {where} with `needs`, `joins` and `classes`"
        yield wrong_value(item, key, str(error), allowed, "correct the name or the module")
        return
    finally:
        process.end()
    tables = {table.name: table for table in system.tables}
    for name, columns in needs.items():
        if name in _OF_THE_RUN:
            continue
        if name not in tables:
            wrong = f"it needs the table {name!r}, which is not declared"
            yield wrong_value(item, key, wrong, listed(tables), fix_name(name, tables))
            continue
        for column in columns:
            if column not in tables[name].columns:
                wrong = f"it needs the column {column!r} of {name}, which is not declared"
                known = tables[name].columns
                yield wrong_value(item, key, wrong, listed(known), fix_name(column, known))
