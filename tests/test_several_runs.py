"""Several experiments in turn: one summary, one exit code, one JSON document."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from commands.several import code_of, run_several
from harness.errors import RefusedError, RunFailedError
from harness.run.order import Order
from harness.run.signals import Stopped
from harness.store import RunFolder
from tests.support.runs_builder import sound_run

NAMES = ("first", "second", "third")
ORDERS = tuple(cast("Order", SimpleNamespace(experiment=SimpleNamespace(name=n))) for n in NAMES)


@pytest.fixture(autouse=True)
def _said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard output is captured; nothing is read from standard error here."""
    said = SimpleNamespace(talk=lambda _: None, json=lambda raw: print(raw.decode()))  # noqa: T201
    monkeypatch.setattr("commands.several.streams", lambda: said)


@pytest.fixture
def live(tmp_path: Path) -> Callable[[Order], RunFolder]:
    """The first passes, the second breaks off, the third is INVALID."""

    def run(order: Order) -> RunFolder:
        name = order.experiment.name
        if name == "second":
            raise RunFailedError("the target ended")
        built = sound_run(outage_s=0)
        if name == "third":
            built.fault(but="verified")
        return built.write(tmp_path / name)

    return run


def test_a_run_that_breaks_off_does_not_keep_the_others_from_running(
    live: Callable[[Order], RunFolder], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_several(ORDERS, live, as_json=False) == 3
    told = capsys.readouterr().out.splitlines()
    assert told[-1] == "3 runs: 1 PASS, 2 INVALID"
    assert told[-3].split(maxsplit=2) == ["INVALID", "second", "the target ended"]


def test_with_json_there_is_one_document(
    live: Callable[[Order], RunFolder], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_several(ORDERS, live, as_json=True) == 3
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert [row["verdict"] for row in told["runs"]] == ["PASS", "INVALID", "INVALID"]
    assert [each["verdict"] for each in told["verdicts"]] == ["PASS", "INVALID"]


@pytest.mark.parametrize("error", [RefusedError("taken"), Stopped(signal.SIGINT)])
def test_a_machine_that_is_taken_or_a_person_ends_the_rest_with_a_summary(
    error: BaseException, live: Callable[[Order], RunFolder], capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(order: Order) -> RunFolder:
        if order.experiment.name == "second":
            raise error
        return live(order)

    with pytest.raises(type(error)):
        run_several(ORDERS, stop, as_json=False)
    assert capsys.readouterr().out.splitlines()[-1] == "1 runs: 1 PASS, 2 not run"


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [(["PASS"], 0), (["PASS", "INVALID"], 3), (["INVALID", "FAIL", "PASS"], 1), ([], 0)],
)
def test_a_failure_outweighs_an_invalid_run(verdicts: list[str], code: int) -> None:
    assert code_of(verdicts) == code
