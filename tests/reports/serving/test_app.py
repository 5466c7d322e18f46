"""What Argo Rollouts and Flagger are told, by the manifests that are shipped for them."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from harness.errors import StoredRunError
from reports.serving.answer import Answer, Read, Remembered, Told
from reports.serving.app import verdict_app

CI = Path(__file__).parents[3] / "deploy" / "ci"
TOLD: tuple[Told, ...] = ("PASS", "FAIL", "INCONCLUSIVE", "INVALID", "PENDING")


class Client:
    """Asks the application in this process."""

    def __init__(self, read: Read, token: str = "") -> None:
        self._app = verdict_app(read, token)

    def request(self, method: str, path: str, **rest: Any) -> httpx.Response:  # noqa: ANN401  # httpx's
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://squall") as client:
                return await client.request(method, path, **rest)

        return asyncio.run(ask())

    def get(self, path: str, **rest: Any) -> httpx.Response:  # noqa: ANN401  # as above
        return self.request("GET", path, **rest)

    def post(self, path: str, **rest: Any) -> httpx.Response:  # noqa: ANN401  # as above
        return self.request("POST", path, **rest)


@contextmanager
def served(read: Read, token: str = "") -> Iterator[Client]:
    yield Client(read, token)


def told(verdict: Told) -> Read:
    return lambda: Answer(verdict=verdict, name="demo", reasons=("Because.",))


def argo(body: bytes) -> str:
    """The phase of a measurement by Argo's rule: both conditions, else Inconclusive."""
    (metric,) = yaml.safe_load((CI / "argo-rollouts.yaml").read_text())["spec"]["metrics"]
    (key,) = re.fullmatch(r"\{\$\.(\w+)\}", metric["provider"]["web"]["jsonPath"]).groups()  # type: ignore[union-attr]  # fails as such
    result = json.loads(body)[key]

    def holds(condition: str) -> bool:
        (word,) = re.fullmatch(r'result == "(\w+)"', condition).groups()  # type: ignore[union-attr]  # as above
        return bool(result == word)

    if holds(metric["failureCondition"]):
        return "Failed"
    return "Successful" if holds(metric["successCondition"]) else "Inconclusive"


@pytest.mark.parametrize("verdict", TOLD)
def test_argo_promotes_on_pass_aborts_on_fail_and_pauses_otherwise(verdict: Told) -> None:
    with served(told(verdict)) as client:
        answer = client.get("/verdict")
    phases = {"PASS": "Successful", "FAIL": "Failed"}
    assert answer.status_code == 200
    assert argo(answer.content) == phases.get(verdict, "Inconclusive")


@pytest.mark.parametrize("verdict", TOLD)
def test_flagger_promotes_only_on_pass_and_rolls_back_only_on_fail(verdict: Told) -> None:
    hooks = yaml.safe_load((CI / "flagger.yaml").read_text())["spec"]["analysis"]["webhooks"]
    status: dict[str, int] = {}
    with served(told(verdict)) as client:
        for hook in hooks:
            path = httpx.URL(hook["url"]).path
            status[hook["type"]] = client.post(path, json={"name": "shop"}).status_code
    assert (status["confirm-promotion"] == 200) == (verdict == "PASS")
    assert (status["rollback"] == 200) == (verdict == "FAIL")


def test_without_the_token_nothing_is_told() -> None:
    with served(told("PASS"), "secret") as client:
        assert client.get("/verdict").status_code == 401
        assert client.post("/flagger/confirm-promotion").status_code == 401
        wrong = {"Authorization": "Bearer secres"}
        assert client.get("/verdict", headers=wrong).status_code == 401
        right = {"Authorization": "Bearer secret"}
        assert client.get("/verdict", headers=right).json()["verdict"] == "PASS"


def test_a_folder_that_cannot_be_judged_neither_promotes_nor_rolls_back() -> None:
    def broken() -> Answer:
        raise StoredRunError("no run")

    with served(broken) as client:
        assert client.get("/verdict").json() == {
            "schema": 1,
            "verdict": "INVALID",
            "name": "",
            "reasons": ["no run"],
            "again": "",
        }
        for hook in ("confirm-promotion", "rollback"):
            assert client.post(f"/flagger/{hook}").status_code == 403


@pytest.mark.parametrize(("method", "path"), [("PUT", "/verdict"), ("DELETE", "/verdict")])
def test_nothing_can_be_changed(method: str, path: str) -> None:
    with served(told("PASS")) as client:
        assert client.request(method, path).status_code == 405
        assert client.get("/flagger/other").status_code == 404


def test_a_run_is_pending_until_it_is_sealed_and_judged_again_when_the_seal_changes(
    tmp_path: Path,
) -> None:
    seal, judged = tmp_path / "seal.json", list[Told](["PASS", "FAIL"])
    read = Remembered(seal, lambda: Answer(verdict=judged.pop(0)))
    assert read().verdict == "PENDING"
    seal.write_text("{}")
    assert (read().verdict, read().verdict) == ("PASS", "PASS")
    seal.write_text("{ }")
    os.utime(seal, ns=(1, 1))  # the clock of a file system may be coarse
    assert read().verdict == "FAIL"


def test_the_job_is_never_repeated() -> None:
    job: Any = yaml.safe_load((CI / "job.yaml").read_text())
    assert job["spec"]["backoffLimit"] == 0
    assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never"
