"""Writes the files of a new system into a folder, and never over a file that exists."""

from __future__ import annotations

from pathlib import Path

from harness.errors import ConfigError
from harness.starter.answers import Answers
from harness.starter.texts import deployment_text, experiment_text, scenario_text, system_text


def write_files(folder: Path, answers: Answers, left_out: tuple[str, ...] = ()) -> tuple[Path, ...]:
    """All files, or none; an experiment only if Squall can inject a fault. Raises ConfigError."""
    texts = {
        folder / "system.yaml": system_text(answers),
        folder / "deploy" / f"{answers.target}.yaml": deployment_text(answers),
        folder / "scenario.py": scenario_text(answers, left_out),
    }
    if answers.can_be_proxied:
        texts[folder / "experiment.yaml"] = experiment_text(answers)
    there = [path for path in texts if path.exists()]
    if there:
        raise ConfigError("it exists; choose another folder or remove it", file=there[0])
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    except OSError as error:
        raise ConfigError(str(error.strerror), file=path) from error
    return tuple(texts)
