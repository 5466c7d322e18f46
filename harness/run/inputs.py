"""What a person wrote for a run: stored with it without secrets, conducted with them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.experiment import conducted_values
from harness.files.document import plain
from harness.files.redaction import Redactor, scrub
from harness.files.whole_file import read_whole, write_whole
from harness.files.yaml_file import checked_root, dump_document, parse_document
from harness.run.adaptation import NONE, Adaptation, adapted_values
from harness.store import RunFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The files' texts as they are stored; `secrets` are left out of them."""

    experiment: bytes
    system: bytes
    deployment: bytes
    slos: tuple[tuple[str, bytes], ...] = ()
    secrets: frozenset[str]


def read_inputs(
    experiment: Path,
    system: Path,
    deployment: Path | None = None,
    slos: Sequence[Path] = (),
    adaptation: Adaptation = NONE,
) -> Inputs:
    """Read the files; `deployment` is b"" where there is none. Raises OSError."""
    redactor = Redactor(environ=os.environ)
    return Inputs(
        experiment=_stored(*_experiment(experiment, adaptation), redactor),
        system=_stored(*_system(system), redactor),
        deployment=b"" if deployment is None else _stored(*_system(deployment), redactor),
        slos=tuple((path.name, read_whole(path)) for path in slos),
        secrets=frozenset(redactor.found),
    )


def store_inputs(inputs: Inputs, folder: RunFolder) -> None:
    """Put them into the run's folder. Raises OSError."""
    write_whole(folder.experiment, inputs.experiment)
    write_whole(folder.system, inputs.system)
    if inputs.deployment:
        write_whole(folder.deployment, inputs.deployment)
    for number, (name, text) in enumerate(inputs.slos):
        folder.objectives.mkdir(exist_ok=True)
        write_whole(folder.objectives / f"{number:02}-{name}", text)


def conducted(experiment: Path, folder: RunFolder) -> bytes:
    """What Chaos Toolkit is to run: the run's own copy, unless it lacks secrets. Raises OSError."""
    raw, values = _experiment(experiment)
    as_written = raw or dump_document(values)
    has_secrets = _stored(raw, values, Redactor()) != as_written
    return as_written if has_secrets else read_whole(folder.experiment)


def scrub_run(inputs: Inputs, folder: RunFolder) -> None:
    """Take secrets out of logs, timeline and journal before they are sealed. Raises OSError."""
    told = (inputs.experiment + inputs.system + inputs.deployment).decode("utf-8", "replace")
    scrub(_texts(folder), inputs.secrets, told)


def _experiment(path: Path, adaptation: Adaptation = NONE) -> tuple[bytes, Any]:
    """The text, b"" where it cannot be stored itself; and the values that are conducted."""
    raw = read_whole(path)
    document = parse_document(path, raw)
    values = adapted_values(conducted_values(document), adaptation)
    changed = path.suffix == ".json" or values != plain(document.root)
    return b"" if changed else raw, values


def _system(path: Path) -> tuple[bytes, Any]:
    raw = read_whole(path)
    values = plain(checked_root(parse_document(path, raw)))
    return b"" if path.suffix == ".json" else raw, values


def _stored(raw: bytes, values: Any, redactor: Redactor) -> bytes:  # noqa: ANN401  # the values of any file
    """The bytes of the file; its values as YAML if it is JSON or holds a secret."""
    clean = redactor.redact(values)
    text = raw.decode("utf-8", "replace")
    if raw and clean == values and redactor.redact(text) == text:
        return raw
    return dump_document(clean)


def _texts(folder: RunFolder) -> Iterator[Path]:
    yield from (path for path in (folder.timeline, folder.journal) if path.is_file())
    yield from (path for path in folder.logs.rglob("*") if path.is_file() and not path.is_symlink())
