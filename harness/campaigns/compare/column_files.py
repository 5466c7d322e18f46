"""The experiment file of each column: a copy that is called like the column, with its changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.campaigns.compare.matrix import Column
from harness.errors import ConfigError
from harness.experiment import EXTENSION
from harness.files.document import plain
from harness.files.whole_file import write_whole
from harness.files.yaml_file import checked_root, dump_document, read_document
from harness.load.scenario import planned_word
from harness.run.listing import experiment_names, experiment_path
from harness.run.overrides import Overrides, changed_values
from harness.slo.documents import slo_path


def write_column(root: Path, matrix_folder: Path, column: Column, folder: Path) -> Path:
    """The file to run. Raises ConfigError, OSError."""
    source = column_source(root, matrix_folder, column)
    values: dict[str, Any] = plain(checked_root(read_document(source)))
    changed_values(values, Overrides(phases=column.phases, no_fault=column.no_fault))
    _from_anywhere(values, source.parent)
    path = folder / column.name.replace(" ", "-") / "experiment.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, dump_document(values))
    return path


def column_source(root: Path, matrix_folder: Path, column: Column) -> Path:
    """The experiment that a column names, as it is written."""
    name = column.experiment
    beside = matrix_folder / name
    if name not in experiment_names(root) and beside.exists():
        return experiment_path(root, str(beside))
    found = experiment_path(root, name)
    if not found.is_file():
        raise ConfigError(f"column {column.name!r}: there is no experiment {name!r}")
    return found


def _from_anywhere(values: dict[str, Any], beside: Path) -> None:
    """Names of files beside the experiment as whole paths, for the copy is elsewhere."""
    for extension in values.get("extensions", []):
        if extension.get("name") == EXTENSION:
            extension["scenario"] = planned_word(str(extension["scenario"]), beside)
            if "slos" in extension:
                words = extension["slos"]
                extension["slos"] = [str(slo_path(word, beside).absolute()) for word in words]
