"""What a target reports of a struck instance that does not end the fault."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from reports.verdict.judge import judge
from tests.support.runs_builder import F0_S, sound_run


@pytest.mark.parametrize(("uid", "verdict"), [("0b4e", "PASS"), ("51e4", "INVALID")])
def test_a_successor_of_the_same_name_is_another_instance(
    tmp_path: Path, uid: str, verdict: str
) -> None:
    """As of a StatefulSet, whose pods keep their names."""
    run = sound_run()
    run.events = [
        structs.replace(e, data={**e.data, "identity": "postgres/51e4/b897"})
        if (e.source, e.kind) == ("fault", "verified")
        else e
        for e in run.events
    ]
    run.tell(F0_S + 1, "target", "instance", ("ledger-1", ""), state="ready", uid=uid)
    assert judge(run.write(tmp_path / "run")).verdict == verdict


def test_a_frozen_instance_that_fails_its_readiness_probe_is_still_frozen(tmp_path: Path) -> None:
    run = sound_run()
    run.tell(F0_S + 1, "target", "instance", ("ledger-1", ""), state="unready")
    assert judge(run.write(tmp_path / "run")).verdict == "PASS"
