"""Defects: found by name, refused by a clear line, applied to the part they name and no other."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from harness.mutants.catalogue import read_catalogue
from harness.run.listing import experiment_names
from reference_services import defects
from reference_services.bank import app as bank
from reference_services.chassis.schema import Schema
from reference_services.defects import DefectError, Swaps
from reference_services.defects.ack_before_commit import AckBeforeCommit
from reference_services.ledger import app as ledger
from reference_services.ledger import store as ledger_store
from reference_services.payments import app as payments
from reference_services.payments import store as payments_store
from tests.support.postgres_server import PostgresServer

ROOT = Path(__file__).parents[3]


def test_every_file_is_a_defect_with_swaps() -> None:
    assert {"ack-before-commit", "idempotency-in-memory"} <= set(defects.names())
    for name in defects.names():
        assert defects.active(name).by_part


def test_no_defect_leaves_every_part_as_it_is() -> None:
    part = object()
    assert defects.active("").apply("ledger.store", part) is part
    assert defects.active("ack-before-commit").apply("payments.store", part) is part


def test_a_defect_swaps_the_part_it_names() -> None:
    swapped = defects.active("ack-before-commit").apply("ledger.store", object())
    assert isinstance(swapped, AckBeforeCommit)


ENVIRON = {
    "PORT": "0",
    "DATABASE_URL": "postgresql://app@127.0.0.1:1/none",
    "LEDGER_URL": "http://127.0.0.1:1",
    "BANK_URL": "http://127.0.0.1:1",
}
BUILDS = {"payments": payments.build, "ledger": ledger.build, "bank": bank.build}


@pytest.mark.parametrize("name", defects.names())
def test_each_part_that_a_defect_names_is_a_part_of_a_service(name: str, tmp_path: Path) -> None:
    """A misspelt part would leave the service sound, and the defect would test nothing."""
    parts = defects.active(name).by_part
    asked: set[str] = set()

    def asks(_: Swaps, part: str, sound: object) -> object:
        asked.add(part)
        return sound

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Swaps, "apply", asks)
        for build in BUILDS.values():
            build({**ENVIRON, "DATA_DIR": str(tmp_path)})
    assert set(parts) <= asked


@pytest.mark.parametrize("name", defects.names())
def test_each_service_can_be_built_with_each_defect(name: str, tmp_path: Path) -> None:
    for build in BUILDS.values():
        service, _ = build({**ENVIRON, "DATA_DIR": str(tmp_path), "SQUALL_DEFECT": name})
        assert service.endpoints


def changed_schemas() -> list[tuple[str, Schema]]:
    """Each schema that a defect changes: its name and part, and the result."""
    sound = {"ledger.schema": ledger_store.SCHEMA, "payments.schema": payments_store.SCHEMA}
    swaps = {name: defects.active(name) for name in defects.names()}
    return [
        (f"{name} {part}", swaps[name].apply(part, schema))
        for name in defects.names()
        for part, schema in sound.items()
        if part in swaps[name].by_part
    ]


SCHEMAS = changed_schemas()


@pytest.mark.parametrize("schema", [s for _, s in SCHEMAS], ids=[name for name, _ in SCHEMAS])
def test_a_changed_schema_is_one_that_postgres_takes(
    schema: Schema, postgres: PostgresServer
) -> None:
    async def migrate() -> None:
        connection = await asyncpg.connect(postgres.database("changed"))
        try:
            await schema.migrate(connection)
        finally:
            await connection.close()

    asyncio.run(migrate())


def test_a_change_of_a_text_that_is_not_there_is_an_error() -> None:
    stale = replace(ledger_store.SCHEMA, changes=(("no such text", ""),))
    with pytest.raises(LookupError, match=r"schema.sql has 0 times 'no such text'"):
        stale.statements()


def test_the_catalogue_has_every_defect_and_no_other() -> None:
    catalogue = read_catalogue(ROOT / "reference_services" / "system.yaml")
    assert {one.name for one in catalogue.defects} == set(defects.names())
    aimed = [one for one in catalogue.defects if not one.equivalent]
    assert {one.experiment for one in aimed} <= set(experiment_names(ROOT))
    assert len([one for one in aimed if one.ci]) == 10
    assert all(one.equivalent or one.signature for one in catalogue.defects)


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        DefectError, match=r"no defect 'nope'; there are: ack-before-commit, always-ready, "
    ):
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
