"""One YAML scenario on the lean engine and on Locust: every key once, and no secret in the run."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from harness.load.generator import Generator
from harness.load.records import Outcome
from tests.support.load_runs import attempts_of, begin, folder_of, plan_of
from tests.support.load_server import LoadServer
from tests.support.tls_server import certificate, serving_context

PAYMENTS = """\
engine: {engine}
curve: {steady: {per_s: 120}}
headers: {Authorization: "Bearer ${SHOP_TOKEN}"}
create:
  name: pay
  path: /v1/payments
  body: {amount_minor: 1250, currency: EUR}
  key_header: Idempotency-Key
  done: [201]
  says: {field: status, done: [captured]}
status:
  name: ask
  path: /v1/payments/{key}
  done: [200]
  says: {field: status, done: [captured]}
asked: [amount_minor, currency]
"""
SECRET = "s3cret-of-the-shop"


@pytest.mark.parametrize("engine", ["lean", "locust"])
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_the_same_file_drives_both_engines_over_tls_with_a_secret(
    tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", SECRET)
    file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    scenario, folder = tmp_path / "payments.yaml", folder_of(tmp_path)
    scenario.write_text(PAYMENTS.replace("{engine}", engine))
    with LoadServer(tls=serving_context(file)) as server:
        server.trouble = {"broken": 3, "later": 2, "hang up": 2}
        plan = msgspec.structs.replace(plan_of(folder, server.url, 1.0), scenario=str(scenario))
        with Generator.start(plan, folder) as generator:
            begin(generator)
            (done,) = generator.wait_done(30)
        keys, authorizations = server.keys, server.authorizations
    outcomes = {a.intent: a.outcome for a in attempts_of(folder)}
    assert done.started == len(outcomes) == len(keys) > 60
    assert set(outcomes.values()) == {Outcome.OK}
    assert authorizations == {f"Bearer {SECRET}"}
    stored = [path for path in folder.root.rglob("*") if path.is_file()]
    assert not [path for path in stored if SECRET.encode() in path.read_bytes()]
    assert folder.asked_rows.read_text().splitlines()[1] == '"t-0",1250,"EUR"'
