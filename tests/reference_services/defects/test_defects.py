"""Defects: found by name, refused by a clear line, applied to the part they name and no other."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from reference_services import defects
from reference_services.defects import DefectError
from reference_services.defects.ack_before_commit import AckBeforeCommit

ROOT = Path(__file__).parents[3]


def test_every_file_is_a_defect_with_swaps() -> None:
    assert defects.names() == ("ack-before-commit", "idempotency-in-memory")
    for name in defects.names():
        assert defects.active(name).by_part


def test_no_defect_leaves_every_part_as_it_is() -> None:
    part = object()
    assert defects.active("").apply("ledger.store", part) is part
    assert defects.active("ack-before-commit").apply("payments.store", part) is part


def test_a_defect_swaps_the_part_it_names() -> None:
    swapped = defects.active("ack-before-commit").apply("ledger.store", object())
    assert isinstance(swapped, AckBeforeCommit)


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(DefectError, match=r"no defect 'nope'; there are: ack-before-commit, "):
        defects.active("nope")


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"SQUALL_DEFECT": "nope"}, "SQUALL_DEFECT: no defect 'nope'"),
        ({"SQUALL_FAILPOINTS": "after_lunch=kill"}, "SQUALL_FAILPOINTS: no step 'after_lunch'"),
        ({"PORT": "x"}, "PORT: 'x' is not a port"),
        ({"BANK_URL": ""}, "BANK_URL is not set"),
    ],
)
def test_a_service_refuses_wrong_settings_with_one_line(
    wrong: Mapping[str, str], line: str
) -> None:
    sound = {"PORT": "0", "DATABASE_URL": "x", "LEDGER_URL": "x", "BANK_URL": "x"}
    ran = subprocess.run(
        [sys.executable, "-m", "reference_services.payments.app"],
        env={**os.environ, **sound, **wrong},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert ran.returncode == 2
    assert ran.stderr.startswith(line)
    assert ran.stderr.count("\n") == 1
