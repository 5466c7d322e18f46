"""A file imports only from its own room and from the rooms that come before it in `FLOORS`.

A room is a folder, or a file or subfolder that is listed by itself.
"""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).parents[1]

TOPS: Final = ("harness", "reports")
# From the bottom to the top.
FLOORS: Final = (
    "harness/errors",
    "harness/figure_ranges",
    "harness/clock",
    "harness/inert_text",
    "harness/python_child",
    "harness/timer_fd",
    "harness/run/signals",
    "harness/targets/records",
    "harness/targets/edge_abilities",
    "harness/files",
    "harness/timeline",
    "harness/slo",
    "harness/load/records",
    "harness/load/asked",
    "harness/load/traffic",
    "harness/seal",
    "harness/store",
    "harness/host",
    "harness/run/listing",
    "harness/safety",
    "harness/chaos/script",
    "harness/chaos/journal",
    "harness/chaos/functions",
    "harness/chaos/preflight",
    "harness/load",
    "harness/evidence/declared",
    "harness/evidence/schema",
    # System, deployment, experiment and the roles of a target: records, and checks of their values.
    "harness/description",
    "harness/safety/replay",
    "harness/safety/watchdog",
    "harness/evidence",
    "harness/faults",
    "harness/run/adaptation",
    "harness/run/inputs",
    "harness/chaos",
    "harness/targets",
    "harness/view",
    "harness/starter",
    "harness/run",
    "harness/campaigns",
    "harness/mutants",
    "reports/inputs",
    "reports/measures/steps",
    "reports/measures/cohorts",
    "reports/measures/outcomes",
    "reports/checks",
    "reports/measures",
    "reports/render/format",
    "reports/verdict",
    "reports/render",
    "reports/outlets",
    "reports/serving",
    "reports/pack",
    "reports/schemas",
    "reports/kill_matrix",
    "scenarios",
    "benchmarks",
    "commands",
    "cli",
)
ONE_ROOM: Final = {
    "harness/system": "harness/description",
    "harness/deployment": "harness/description",
    "harness/declared_fault": "harness/description",
    "harness/blast_radius": "harness/description",
    "harness/experiment": "harness/description",
    "harness/start_condition": "harness/description",
    "harness/validation": "harness/description",
    "harness/targets/base": "harness/description",
    "harness/targets/environment": "harness/description",
    "harness/targets/cluster_abilities": "harness/description",
    "harness/targets/registry": "harness/description",
}
# The judge reads stored runs: it must work where nothing can run.
NEVER: Final = {
    "reports": ("harness/run", "harness/targets", "harness/faults", "harness/safety"),
    "harness/files": ("harness/clock", "harness/timeline", "harness/run"),
    "harness/host": ("harness/files", "harness/store", "harness/timeline"),
}


@cache
def files() -> dict[str, str]:
    """Module -> file, of all product files."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = [n for n in listed.split() if (ROOT / n).exists() and room_of(n)]
    return {n.removesuffix(".py").removesuffix("/__init__").replace("/", "."): n for n in names}


def room_of(name: str) -> str:
    """The longest room that holds the file; "" if none does."""
    path = name.removesuffix(".py").removesuffix("/__init__")
    for part, room in ONE_ROOM.items():
        if path == part or path.startswith(f"{part}/"):
            return room
    rooms = [floor for floor in FLOORS if path == floor or path.startswith(f"{floor}/")]
    return max(rooms, key=len, default="")


def imported(name: str) -> Iterator[str]:
    """The product files that a file imports, also inside of functions."""
    for node in ast.walk(ast.parse((ROOT / name).read_text())):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules = [f"{node.module}.{alias.name}" for alias in node.names]
            modules = [m if m in files() else node.module for m in modules]
        else:
            continue
        yield from (files()[module] for module in modules if module in files())


@pytest.mark.parametrize("name", sorted(files().values()))
def test_a_file_imports_only_from_its_own_room_and_the_rooms_below(name: str) -> None:
    own = FLOORS.index(room_of(name))
    wrong = [other for other in imported(name) if FLOORS.index(room_of(other)) > own]
    assert not wrong, f"{room_of(name)} is below {[room_of(other) for other in wrong]}"


@pytest.mark.parametrize("name", sorted(files().values()))
def test_a_file_imports_no_room_that_its_own_must_not_know(name: str) -> None:
    forbidden = [
        room for top, rooms in NEVER.items() if name.startswith(f"{top}/") for room in rooms
    ]
    assert not [o for o in imported(name) if o.startswith(tuple(f"{r}/" for r in forbidden))]


def test_every_file_of_the_harness_and_of_reports_has_a_room() -> None:
    names = {str(p.relative_to(ROOT)) for top in TOPS for p in (ROOT / top).rglob("*.py")}
    assert {n for n in names if not room_of(n)} <= {f"{top}/__init__.py" for top in TOPS}


def test_every_room_exists() -> None:
    rooms = {room_of(name) for name in files().values()}
    assert set(FLOORS) - rooms <= {"harness/starter", "harness/description"}
