"""A campaign is one folder: it survives kill -9, is sealed, and can be judged again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.campaigns.conduct import conduct, judged_attempts
from harness.campaigns.folder import CampaignFolder, alone, is_campaign
from harness.campaigns.gate_json import gate_document
from harness.campaigns.journal import Line, read_attempts, write_line
from harness.campaigns.plan import gate_of
from harness.campaigns.records import Outcome, Request
from harness.campaigns.settle import MOST_LOOKS, settle
from harness.errors import RefusedError, RunFailedError, StoredRunError, TargetError
from harness.host.finding import Finding
from harness.seal import SEAL
from tests.support.replayed_runs import figure, invalid, outcome_with
from tests.support.squall_process import ROOT
from tests.support.stub_campaign import StubRuns, bench, stub_folder, stub_plan

GATE = gate_of(stub_plan())


def judge(run: Path) -> Outcome:
    """By the word in the run's folder."""
    path = run / SEAL
    if not path.exists():
        raise StoredRunError(f"{path}: missing")
    return outcome_with(figure(2.0)) if path.read_text() == "good" else invalid()


def decided(folder: CampaignFolder) -> str:
    seen = judged_attempts(folder, judge)
    return gate_document(folder.read_plan(), seen, folder.damage()).decision


def test_a_campaign_is_sealed_and_judged_again_with_the_same_document(tmp_path: Path) -> None:
    folder = stub_folder(tmp_path)
    seen = conduct(folder, GATE, bench(StubRuns(), judge))
    first = gate_document(folder.read_plan(), seen, folder.damage())
    again = gate_document(folder.read_plan(), judged_attempts(folder, judge), folder.damage())
    assert first == again
    assert first.decision == "PASS"
    assert [line.run for line in first.attempts] == [
        f"attempts/00{n}/kill/20260101T000000Z" for n in (1, 2, 3)
    ]


def test_a_complete_campaign_makes_no_further_run(tmp_path: Path) -> None:
    folder, runs = stub_folder(tmp_path), StubRuns()
    conduct(folder, GATE, bench(runs, judge))
    conduct(folder, GATE, bench(runs, judge))
    assert len(runs.made) == 3


_KILLED = """
import os, signal, sys
from pathlib import Path
from harness.campaigns.conduct import conduct
from harness.campaigns.folder import CampaignFolder
from harness.campaigns.plan import gate_of
from tests.harness.campaigns.test_conduct import judge
from tests.support.stub_campaign import StubRuns, bench

def die(request):
    if request.repeat == 1:
        os.kill(os.getpid(), signal.SIGKILL)

folder = CampaignFolder(Path(sys.argv[1]))
conduct(folder, gate_of(folder.read_plan()), bench(StubRuns(before=die), judge))
"""


def test_after_kill_9_finished_runs_are_kept_and_the_broken_one_is_repeated_and_shown(
    tmp_path: Path,
) -> None:
    folder = stub_folder(tmp_path)
    command = [sys.executable, "-c", _KILLED, str(folder.root)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    dead = subprocess.run(command, cwd=ROOT, env=environ, check=False, timeout=60)
    assert dead.returncode == -signal.SIGKILL
    assert not folder.is_complete
    runs = StubRuns()
    seen = conduct(folder, GATE, bench(runs, judge))
    document = gate_document(folder.read_plan(), seen, folder.damage())
    assert document.decision == "PASS"
    assert [request.repeat for request in runs.made] == [1, 2]
    assert [a.request.repeat for a in seen] == [0, 1, 1, 2]
    assert [line.counted for line in document.attempts] == [True, False, True, True]
    assert "ended during this attempt" in document.attempts[1].reasons[0].text


def test_a_last_line_that_was_cut_off_does_not_hide_the_others(tmp_path: Path) -> None:
    folder = stub_folder(tmp_path)
    request = Request(experiment="kill", arm="candidate", repeat=0, seed=11)
    write_line(folder.journal, Line(event="begin", number=1, request=request))
    with folder.journal.open("ab") as stream:
        stream.write(b'{"event":"en')
    assert read_attempts(folder.journal)[0].interrupted


def test_a_run_that_fails_to_start_is_an_attempt_that_is_shown(tmp_path: Path) -> None:
    def fail(request: Request) -> None:
        raise TargetError(f"the target ended in repeat {request.repeat}")

    seen = conduct(stub_folder(tmp_path), GATE, bench(StubRuns(before=fail), judge))
    assert len(seen) == 4
    assert all("the target ended" in attempt.error for attempt in seen)


def test_a_refused_run_leaves_a_campaign_that_can_be_resumed(tmp_path: Path) -> None:
    def refuse(request: Request) -> None:
        if request.repeat == 1:
            raise RefusedError("another run holds the machine")

    folder = stub_folder(tmp_path)
    with pytest.raises(RefusedError):
        conduct(folder, GATE, bench(StubRuns(before=refuse), judge))
    seen = conduct(folder, GATE, bench(StubRuns(), judge))
    assert [attempt.is_valid for attempt in seen] == [True, False, True, True]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_deleted_run_never_passes(tmp_path: Path, number: int) -> None:
    folder = stub_folder(tmp_path)
    conduct(folder, GATE, bench(StubRuns(), judge))
    run = folder.run_of(number)
    assert run is not None
    (run / SEAL).unlink()
    run.rmdir()
    assert decided(folder) == "INVALID"


@pytest.mark.parametrize("name", ["campaign.json", "attempts.ndjson"])
def test_a_changed_file_of_the_campaign_never_passes(tmp_path: Path, name: str) -> None:
    folder = stub_folder(tmp_path)
    conduct(folder, GATE, bench(StubRuns(), judge))
    path = folder.root / name
    path.write_bytes(path.read_bytes().replace(b"11", b"12"))
    assert decided(folder) == "INVALID"


def test_a_run_that_was_added_later_never_passes(tmp_path: Path) -> None:
    folder = stub_folder(tmp_path)
    conduct(folder, GATE, bench(StubRuns(), judge))
    added = folder.place(4) / "kill" / "20260101T000000Z"
    added.mkdir(parents=True)
    (added / SEAL).write_text("good")
    assert decided(folder) == "INVALID"


def test_a_campaign_that_was_never_sealed_is_not_judged(tmp_path: Path) -> None:
    folder = stub_folder(tmp_path)
    assert is_campaign(folder.root)
    with pytest.raises(StoredRunError, match="missing"):
        folder.damage()


def test_two_processes_do_not_continue_the_same_campaign(tmp_path: Path) -> None:
    folder = stub_folder(tmp_path)
    with alone(folder), pytest.raises(RefusedError, match="another process"):
        conduct(folder, GATE, bench(StubRuns(), judge))


def test_a_strategy_that_never_ends_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Endless:
        def next(self, seen: object) -> Request:
            del seen
            return Request(experiment="kill", arm="candidate", repeat=0, seed=11)

    monkeypatch.setattr("harness.campaigns.conduct.MOST_ATTEMPTS", 5)
    with pytest.raises(RunFailedError, match="more than 5 attempts"):
        conduct(stub_folder(tmp_path), Endless(), bench(StubRuns(), judge))


def test_a_run_waits_until_the_machine_is_free_but_not_for_ever() -> None:
    said: list[str] = []
    busy = Finding(name="other load", ok=False, seen="80 % by cc1plus")
    free = Finding(name="other load", ok=True, seen="1 %")
    seen = iter([busy, busy, free])
    assert settle(lambda: next(seen), said.append) == 3
    assert said == ["waiting for the machine: 80 % by cc1plus"]
    assert settle(lambda: busy, said.append) == MOST_LOOKS
