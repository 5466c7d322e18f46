"""Stored files contain no secret of a system or experiment file, and all other text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.files.redaction import HIDDEN, Redactor, scrub

SECRET = "hunter2-Zx9"


@pytest.mark.parametrize(
    "value",
    [
        {"url": f"postgresql://app:{SECRET}@db:5432/ledger"},
        {"url": f"postgresql://app:{SECRET}@db:5432/ledger?sslmode=require"},
        {"url": f"postgres://:{SECRET}@db"},
        {"url": f"https://user:{SECRET}@host/a, http://x:{SECRET}@y"},
        {"url": f"postgresql://db/ledger?user=app&password={SECRET}"},
        {"env": {"DATABASE_URL": f"host=db user=app password={SECRET} dbname=x"}},
        {"env": {"DATABASE_URL": f"host=db password='{SECRET}' dbname=x"}},
        {"env": {"PGPASSWORD": SECRET}},
        {"env": {"DB_PWD": SECRET, "stripe_api_key": SECRET, "AUTH": SECRET}},
        {"env": {"GITHUB_TOKEN": SECRET, "ACCESS_KEY": SECRET, "CLIENT_SECRET": SECRET}},
        {"command": ["app", f"--password={SECRET}", f"--db-token={SECRET}"]},
        {"command": ["app", "--password", SECRET, "--api-key", SECRET]},
        {"secrets": {"aws": {"id": SECRET, "deep": {"x": [SECRET]}}}},
        {"secrets": {"aws": {"id": {"type": "env", "key": "AWS_ID", "default": SECRET}}}},
        {"configuration": {"db_password": SECRET}},
        {"configuration": {"x": {"type": "env", "key": "DB_PASSWORD", "default": SECRET}}},
        {"method": [{"provider": {"headers": {"Authorization": f"Bearer {SECRET}"}}}]},
        {"method": [{"provider": {"arguments": {"line": f"-H 'X: Bearer {SECRET}'"}}}]},
    ],
)
def test_a_secret_is_left_out_and_known(value: dict[str, Any]) -> None:
    redactor = Redactor()
    shown = json.dumps(redactor.redact(value))
    assert SECRET not in shown
    assert HIDDEN in shown
    assert SECRET in redactor.found


@pytest.mark.parametrize("number", [12345678, 1.5])
def test_a_secret_number_is_left_out(number: float) -> None:
    assert Redactor().redact({"password": number}) == {"password": HIDDEN}


@pytest.mark.parametrize(
    "value",
    [
        {"url": "postgresql://app@{edge:ledger>postgres}/ledger", "health": "/health"},
        {"url": "http://{edge:payments>ledger}", "when": "12:30", "email": "a@b.c"},
        {"url": "http://user:{edge:a>b}@x"},
        {"type": "probe", "key": "x", "name": "passes the hat", "tokens": None, "auth": False},
        {"question": "Do payments come back?", "objectives": [{"metric": "lost_s", "limit": 5}]},
        {"secrets": {"a": {"b": {"type": "env", "key": "AWS_ID"}}}},
        {"secrets": {"a": {"b": {"type": "vault", "path": "secret/data/x", "key": "k"}}}},
    ],
)
def test_what_is_no_secret_is_kept(value: dict[str, Any]) -> None:
    redactor = Redactor()
    assert redactor.redact(value) == value
    assert redactor.found == set()


@pytest.mark.parametrize(
    "file", ["reference_services/system.yaml", "deploy/*.yaml", "experiments/*/*.yaml"]
)
def test_our_own_files_hold_no_secret(file: str) -> None:
    for path in Path(__file__).parents[3].glob(file):
        value = yaml.safe_load(path.read_text())
        assert Redactor().redact(value) == value


def test_a_secret_of_the_environment_is_known_too() -> None:
    redactor = Redactor(environ={"AWS_ID": SECRET, "PW": "other-secret"})
    redactor.redact({"secrets": {"a": {"b": {"type": "env", "key": "AWS_ID"}}}})
    redactor.redact({"configuration": {"db_password": {"type": "env", "key": "PW"}}})
    assert redactor.found == {SECRET, "other-secret"}


def test_a_secret_is_replaced_in_logs_however_it_is_written(tmp_path: Path) -> None:
    odd = 'a"b\\cé'
    log, other = tmp_path / "a.log", tmp_path / "b.log"
    log.write_text(f"x {SECRET} y\n{json.dumps(odd)} {json.dumps(odd, ensure_ascii=False)} {odd}\n")
    other.write_text("nothing\n")
    before = other.stat()
    scrub([log, other], {SECRET, odd, "a", ""}, {})
    assert log.read_text() == f'x {HIDDEN} y\n"{HIDDEN}" "{HIDDEN}" {HIDDEN}\n'
    assert other.stat() == before


def test_a_word_that_is_stored_anyway_is_not_torn_out_of_the_timeline(tmp_path: Path) -> None:
    timeline = tmp_path / "timeline.ndjson"
    timeline.write_text('{"name":"ledger-1"}\n')
    scrub([timeline], {"ledger"}, {"services": [{"name": "ledger"}]})
    assert timeline.read_text() == '{"name":"ledger-1"}\n'
