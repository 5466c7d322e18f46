"""The commands that a user enters after `squall init`."""

from __future__ import annotations

import shlex
from pathlib import Path

from harness.starter.answers import Answers


def next_commands(folder: Path, answers: Answers) -> tuple[str, ...]:
    """Check the machine, then run; for a system without a proxy, watch it."""
    target = "" if answers.target == "local" else f" --target {answers.target}"
    system = f"--system {_word(folder / 'system.yaml')}{target}"
    if not answers.can_be_proxied:
        scenario = _word(folder / "scenario.py")
        return (f"next   squall watch --url {_word(answers.url)} --scenario {scenario}",)
    experiment = _word(folder / "experiment.yaml")
    return (f"next   squall doctor {system}", f"then   squall run {experiment} {system}")


def _word(text: str | Path) -> str:
    return shlex.quote(str(text))
