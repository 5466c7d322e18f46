"""What a person wrote for a run: stored with it without secrets, conducted with them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from harness.redaction import Redactor, scrub
from harness.store import RunFolder
from harness.whole_file import read_whole, write_whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The files' texts as they are stored; `secrets` are left out of them."""

    experiment: bytes
    system: bytes
    secrets: frozenset[str]


def read_inputs(experiment: Path, system: Path) -> Inputs:
    """Read both files. Raises OSError."""
    redactor = Redactor(environ=os.environ)
    texts = [_stored(read_whole(path), redactor) for path in (experiment, system)]
    return Inputs(experiment=texts[0], system=texts[1], secrets=frozenset(redactor.found))


def store_inputs(inputs: Inputs, folder: RunFolder) -> None:
    """Put them into the run's folder. Raises OSError."""
    write_whole(folder.experiment, inputs.experiment)
    write_whole(folder.system, inputs.system)


def conducted(experiment: Path, folder: RunFolder) -> bytes:
    """What Chaos Toolkit is to run: the run's own copy, unless it lacks secrets. Raises OSError."""
    raw = read_whole(experiment)
    return raw if _stored(raw, Redactor()) != raw else read_whole(folder.experiment)


def scrub_run(inputs: Inputs, folder: RunFolder) -> None:
    """Take secrets out of logs, timeline and journal before they are sealed. Raises OSError."""
    told = (inputs.experiment + inputs.system).decode("utf-8", "replace")
    scrub(_texts(folder), inputs.secrets, told)


def _stored(raw: bytes, redactor: Redactor) -> bytes:
    """The bytes of the file; with a secret in it, its values without secrets and comments."""
    value: Any = yaml.safe_load(raw)
    clean = redactor.redact(value)
    text = raw.decode("utf-8", "replace")
    if clean == value and redactor.redact(text) == text:
        return raw
    return yaml.safe_dump(clean, sort_keys=False, allow_unicode=True).encode()


def _texts(folder: RunFolder) -> Iterator[Path]:
    yield from (path for path in (folder.timeline, folder.journal) if path.is_file())
    yield from (path for path in folder.logs.rglob("*") if path.is_file() and not path.is_symlink())
