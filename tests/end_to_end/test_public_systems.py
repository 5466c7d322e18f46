"""Two systems that are not ours are told apart: one stores a repeated order twice, one does not.

They are installed from package registries; where that is not possible, the tests are skipped.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.squall_process import ROOT, Place

pytestmark = [pytest.mark.end_to_end, pytest.mark.alone]
INSTALL_LIMIT_S = 180
NEEDS = {"json-server": "npm", "kinto": "python3"}


def installed(system: str, root: Path) -> Path:
    """A copy of the example with its system installed; skips the test if it cannot be."""
    if shutil.which(NEEDS[system]) is None:
        pytest.skip(f"{system} cannot be installed: no {NEEDS[system]} on this machine")
    folder = Path(shutil.copytree(ROOT / "examples" / system, root / system))
    try:
        done = subprocess.run(
            [folder / "install"],
            capture_output=True,
            text=True,
            timeout=INSTALL_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"{system} cannot be installed within {INSTALL_LIMIT_S} s")
    if done.returncode != 0:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        pytest.skip(f"{system} cannot be installed here: {last}")
    return folder


def verdict_of(system: str, root: Path) -> dict[str, Any]:
    folder = installed(system, root)
    words = ["run", folder / "experiment.yaml", "--system", folder / "system.yaml", "--json"]
    done = Place(root).call_undisturbed(*map(str, words), "--runs-dir", str(root / "runs"))
    verdict: dict[str, Any] = json.loads(done.stdout)
    assert verdict["verdict"] in ("PASS", "FAIL"), done.stdout + done.stderr
    return verdict


def test_kinto_stores_a_repeated_order_once(tmp_path: Path) -> None:
    verdict = verdict_of("kinto", tmp_path)
    assert (verdict["verdict"], verdict["checks"]["effects"]["verdict"]) == ("PASS", "pass"), (
        verdict["reasons"]
    )
    assert verdict["intents"]["attempts"] > verdict["intents"]["acknowledged"]


def test_json_server_stores_repeated_orders_twice_and_they_are_named(tmp_path: Path) -> None:
    verdict = verdict_of("json-server", tmp_path)
    (violation,) = verdict["checks"]["effects"]["violations"]
    assert (verdict["verdict"], violation["class"]) == ("FAIL", "effect_doubled")
    repeated = verdict["intents"]["attempts"] - verdict["intents"]["acknowledged"]
    assert 0 < violation["count"] <= repeated
    assert all(key.rpartition("-")[2].isdigit() for key in violation["examples"])
