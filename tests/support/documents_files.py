"""Small files for tests: a sound system and experiment, to be damaged by one replacement."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
# The reference system and its local deployment in one file.
SYSTEM = Path(__file__).with_name("one_file_system.yaml").read_text()
EXPERIMENT = (ROOT / "experiments" / "ledger-killed-at-peak" / "experiment.yaml").read_text()


def system_file(folder: Path, *swap: str) -> Path:
    """The reference system's file, with one text swapped for another."""
    return _write(folder / "system.yaml", SYSTEM, swap)


def experiment_file(folder: Path, *swap: str) -> Path:
    """The demo's experiment, with one text swapped for another."""
    return _write(folder / "experiment.yaml", EXPERIMENT, swap)


def _write(path: Path, text: str, swap: tuple[str, ...]) -> Path:
    if swap:
        old, new = swap
        if old not in text:
            raise ValueError(f"{old!r} does not stand in {path.name}")
        text = text.replace(old, new, 1)
    path.write_text(text)
    return path
