"""A field or a file that is missing in a stored run makes it INVALID; no default replaces it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from harness.chaos.journal import Journal
from harness.errors import StoredRunError
from harness.host.cpu import Machine
from harness.slo.documents import PRESETS
from harness.store import (
    LoadDone,
    LoadGo,
    LoadPlan,
    LoadReady,
    Manifest,
    RunFolder,
    read_json,
    read_manifest,
    write_json,
)
from reports.inputs.absences import absences
from tests.support.resealed import DELETED, Place, copied, put, verdict_of
from tests.support.runs_builder import sound_run

RECORDS: dict[str, type[msgspec.Struct]] = {
    "run.json": Manifest,
    "load/plan.json": LoadPlan,
    "load/ready-0.json": LoadReady,
    "load/done-1.json": LoadDone,
    "load/go.json": LoadGo,
    "machine.json": Machine,
    "journal.json": Journal,
}
# Fields that the judge does not read, and those that an interrupted activity does not have.
OPTIONAL = ("type", "background", "status", "tolerance_met")
PAYMENTS = (PRESETS / "payments.yaml").read_text()


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    run = sound_run(rate=70)
    run.workers = 2
    return run.write(tmp_path_factory.mktemp("sealed") / "run")


def places(value: object, at: Place = ()) -> Iterator[Place]:
    """Every field of a document; of a list only its first item."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*at, name)
            yield from places(inner, (*at, name))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*at, 0))


@pytest.mark.parametrize("name", RECORDS)
def test_each_field_that_is_missing_makes_its_file_unreadable(
    name: str, sealed: RunFolder, tmp_path: Path
) -> None:
    text = (sealed.root / name).read_text("utf-8")
    path = tmp_path / "record.json"
    for place in places(json.loads(text)):
        path.write_text(text, "utf-8")
        put(path, place, DELETED)
        optional = name == "journal.json" and place[-1] in OPTIONAL and place != ("status",)
        if not optional and not {"asked", "output"} & {*place[:-1]}:
            with pytest.raises(StoredRunError, match=str(place[-1])):
                read_json(path, RECORDS[name])


@pytest.mark.parametrize(
    ("name", "place", "code"),
    [
        ("journal.json", ("control_failures",), "journal_unreadable"),
        ("journal.json", ("deviated",), "journal_unreadable"),
        ("journal.json", ("steady_states", "during"), "journal_unreadable"),
        ("journal.json", ("steady_states", "after", "probes", 0, "tolerance_met"), "unchecked"),
        ("journal.json", ("steady_states", "before", "probes", 0, "status"), "unchecked"),
        ("machine.json", ("slices", 7, "waited"), "data_unreadable"),
        ("load/done-1.json", ("died",), "data_unreadable"),
        ("load/ready-1.json", ("clock_error_ms",), "data_unreadable"),
    ],
)
def test_a_run_without_that_field_is_invalid(
    name: str, place: Place, code: str, sealed: RunFolder, tmp_path: Path
) -> None:
    folder = copied(sealed, tmp_path / "run")
    put(folder.root / name, place, DELETED)
    verdict, why = verdict_of(folder)
    assert verdict == "INVALID"
    assert code in why
    assert code == "unchecked" or str(place[-1]) in why


def test_a_run_without_one_of_its_files_never_passes(sealed: RunFolder, tmp_path: Path) -> None:
    names = [str(path.relative_to(sealed.root)) for path in sealed.root.rglob("*.*")]
    for number, name in enumerate(name for name in names if name != "seal.json"):
        folder = copied(sealed, tmp_path / str(number))
        (folder.root / name).unlink()
        verdict, why = verdict_of(folder)
        assert verdict in ("refused", "INVALID"), name
        told = re.sub("^(done|attempts)-", "load worker ", Path(name).stem)
        assert told in why.lower(), name


def test_a_limit_that_is_missing_is_not_a_limit_that_holds(tmp_path: Path) -> None:
    run = sound_run(rate=70)
    run.slos = (PAYMENTS,)
    folder = run.write(tmp_path / "run")
    assert verdict_of(folder)[0] == "PASS"
    (folder.objectives / "00-slo.yaml").unlink()
    assert verdict_of(folder) == ("INVALID", "data_missing: Objectives/00-slo.yaml is missing.")


def test_a_schedule_that_was_cut_is_not_what_the_workers_had(
    sealed: RunFolder, tmp_path: Path
) -> None:
    folder = copied(sealed, tmp_path / "run")
    folder.schedule.write_bytes(folder.schedule.read_bytes()[:-4])
    assert verdict_of(folder)[0] == "INVALID"
    manifest, plan = read_manifest(folder), read_json(folder.plan, LoadPlan)
    arrivals = folder.schedule.stat().st_size // 4
    (said,) = absences(folder, manifest, plan, arrivals)
    assert f"the load workers say that there are {arrivals + 1:,}" in said


def test_a_verdict_of_an_earlier_version_may_tell_less(tmp_path: Path) -> None:
    path = tmp_path / "done.json"
    write_json(path, LoadDone(worker=0, started=1, attempts=1))
    put(path, ("died",), DELETED)
    assert read_json(path, LoadDone, whole=False).died == ""
