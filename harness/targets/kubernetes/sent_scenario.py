"""How a scenario file reaches a pod: the image has those of scenarios/, others are sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.errors import ConfigError
from harness.load.header_variables import VARIABLE
from harness.load.neighbours import files_of
from harness.load.protocol.reading import is_description
from harness.load.scenario import SCENARIOS, users_file
from harness.python_child import CHECKOUT

IMAGE: Final = Path("/opt/squall")  # where deploy/image/ has the checkout
MOUNTED: Final = Path("/scenario")
BYTES_MAX: Final = 1_000_000  # a ConfigMap holds a little more


@dataclass(frozen=True, slots=True, kw_only=True)
class SentScenario:
    """`scenario` and the Locust file that carries it, as the pod sees them; `files` are sent."""

    scenario: str
    users: str
    files: Mapping[str, str]


def sent(scenario: Path) -> SentScenario:
    """Of a scenario file. Raises ConfigError: a pod cannot have it."""
    _refuse_variables(scenario)
    users = users_file(scenario)
    known = scenario.parent == SCENARIOS
    there = (IMAGE / "scenarios" if known else MOUNTED) / scenario.name
    return SentScenario(
        scenario=str(there),
        users=str(there if users == scenario else IMAGE / users.relative_to(CHECKOUT)),
        files={} if known else _texts(scenario),
    )


def _texts(scenario: Path) -> dict[str, str]:
    texts = {}
    for file in files_of(scenario):
        try:
            texts[file.name] = file.read_text("utf-8")
        except (OSError, ValueError) as error:
            raise ConfigError(f"{file}: cannot be read: {error}") from error
    size = sum(len(text.encode()) for text in texts.values())
    if size > BYTES_MAX:
        wrong = f"it has {size:,} bytes with the files that it imports, a ConfigMap {BYTES_MAX:,}"
        raise ConfigError(f"--load in-cluster: {scenario}: {wrong}; put it into scenarios/")
    return texts


def _refuse_variables(scenario: Path) -> None:
    """Secrets of this environment are not copied into a cluster."""
    text = scenario.read_text("utf-8", errors="replace")
    found = VARIABLE.search(text)
    if found and (is_description(scenario) or "HEADERS" in text):
        wrong = f"it takes the variable {found[1]} from the environment of the load process"
        raise ConfigError(f"--load in-cluster: {scenario}: {wrong}, which no pod has; run it local")
