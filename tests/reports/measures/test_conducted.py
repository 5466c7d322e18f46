"""What Chaos Toolkit saw is part of the verdict: only a sound journal can end in PASS."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reports.verdict.judge import judge
from reports.verdict.scorecard import Scorecard
from tests.support.runs_builder import RunsBuilder, sound_run

Journal = dict[str, Any]
BREAK = """  - type: action
    name: {name}
    {more}
    provider: {{type: python, module: os, func: remove, arguments: {{path: nowhere}}}}
"""
PROBE = """  - type: probe
    name: look
    tolerance: true
    provider: {type: python, module: harness.chaos.probes, func: all_ready}
"""


def codes(card: Scorecard) -> list[str]:
    return [reason.code for reason in card.reasons]


def judged(tmp_path: Path, change: Callable[[Journal], None], *more: str) -> Scorecard:
    run = sound_run()
    run.experiment += "".join(more)
    run.rewrite_journal = change
    return judge(run.write(tmp_path / "run"))


def step(name: str, more: str = "background: false") -> str:
    return BREAK.format(name=name, more=more)


def not_met(journal: Journal, when: str, status: str = "succeeded") -> None:
    state = journal["steady_states"][when]
    state["steady_state_met"] = False
    state["probes"][-1].update(tolerance_met=False, status=status)


def deviated(journal: Journal) -> None:
    not_met(journal, "after")
    journal["deviated"] = True


def probe_raised(journal: Journal) -> None:
    not_met(journal, "after", "failed")
    journal.update(deviated=True, status="failed")


def before_not_met(journal: Journal) -> None:
    not_met(journal, "before")
    journal["steady_states"]["after"] = None
    journal["run"] = []


def before_raised(journal: Journal) -> None:
    before_not_met(journal)
    not_met(journal, "before", "failed")
    journal["status"] = "failed"


def action_failed(journal: Journal) -> None:
    journal["run"][1].update(status="failed", exception=["FileNotFoundError"])


def background_failed_while_all_else_went_on(journal: Journal) -> None:
    action_failed(journal)
    journal["run"].reverse()


def failed_and_stopped_there(journal: Journal) -> None:
    """As conduct.py does: the rest of the method is not run, the rollbacks are."""
    action_failed(journal)
    journal["status"] = "interrupted"
    journal["steady_states"]["after"] = None
    del journal["run"][2:]


def interrupted(journal: Journal) -> None:
    del journal["run"][1]["status"]
    journal["status"] = "interrupted"


def another_name(journal: Journal) -> None:
    journal["run"][1]["activity"]["name"] = "something-else"


def other_order(journal: Journal) -> None:
    journal["run"][1:] = journal["run"][:0:-1]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (action_failed, ["activity_failed"]),
        (
            failed_and_stopped_there,
            ["experiment_interrupted", "activity_failed", "activity_not_run"],
        ),
        (interrupted, ["experiment_interrupted", "activity_interrupted"]),
        (lambda j: j["run"].pop(), ["activity_not_run"]),
        (lambda j: j["run"].append(dict(j["run"][-1])), ["activity_unexpected"]),
        (another_name, ["activity_not_run", "activity_unexpected"]),
        (other_order, ["activity_order"]),
        (lambda j: j.update(status="aborted"), ["experiment_aborted"]),
        (lambda j: j.update(status="interrupted"), ["experiment_interrupted"]),
        (lambda j: j.update(status="failed"), ["experiment_failed"]),
        (lambda j: j.update(status=None), ["experiment_status_unknown"]),
        (lambda j: j.update(status="paused"), ["experiment_status_unknown"]),
        (lambda j: j["rollbacks"][0].update(status="failed"), ["rollback_failed"]),
        (lambda j: j["rollbacks"][0].pop("status"), ["rollback_interrupted"]),
        (lambda j: j["rollbacks"].clear(), ["rollback_not_run"]),
        (lambda j: j["rollbacks"].append(dict(j["rollbacks"][0])), ["rollback_unexpected"]),
        (lambda j: j["steady_states"].update(before=None), ["steady_state_unchecked"]),
        (lambda j: j["steady_states"].update(after=None), ["steady_state_unchecked"]),
        (lambda j: j["steady_states"]["after"]["probes"].clear(), ["steady_state_unchecked"]),
        (
            lambda j: j["steady_states"]["before"].update(steady_state_met=None),
            ["steady_state_unchecked"],
        ),
        (lambda j: j.update(control_failures=["Before-control 'x' failed"]), ["control_failed"]),
    ],
)
def test_an_experiment_that_did_not_do_what_it_says_is_invalid(
    tmp_path: Path, change: Callable[[Journal], None], expected: list[str]
) -> None:
    card = judged(tmp_path, change, step("first"), step("second"))
    assert (card.verdict, codes(card)) == ("INVALID", expected)
    assert all(reason.text.endswith(".") for reason in card.reasons)


@pytest.mark.parametrize("change", [before_not_met, before_raised])
def test_a_steady_state_not_met_before_the_method_is_invalid(
    tmp_path: Path, change: Callable[[Journal], None]
) -> None:
    card = judged(tmp_path, change)
    assert card.verdict == "INVALID"
    assert "steady_state_not_met" in codes(card)
    assert "every-instance-is-ready" in card.reasons[0].text


@pytest.mark.parametrize(
    "change",
    [
        deviated,
        probe_raised,
        lambda j: not_met(j, "after"),
        lambda j: j.update(deviated=True),
        lambda j: j["steady_states"].update(during=[{"steady_state_met": False, "probes": []}]),
    ],
    ids=["deviated", "probe raised", "not met", "deviated only", "during"],
)
def test_a_system_that_left_its_steady_state_fails(
    tmp_path: Path, change: Callable[[Journal], None]
) -> None:
    card = judged(tmp_path, change)
    assert (card.verdict, codes(card)) == ("FAIL", ["steady_state_broken"])


def test_a_probe_of_the_method_outside_its_tolerance_fails(tmp_path: Path) -> None:
    card = judged(tmp_path, lambda j: j["run"][1].update(tolerance_met=False), PROBE)
    assert (card.verdict, codes(card)) == ("FAIL", ["tolerance_not_met"])


def test_a_probe_that_was_not_compared_with_its_tolerance_is_invalid(tmp_path: Path) -> None:
    card = judged(tmp_path, lambda j: j["run"][1].pop("tolerance_met"), PROBE)
    assert (card.verdict, codes(card)) == ("INVALID", ["tolerance_unchecked"])


def test_background_activities_have_no_place_in_the_order(tmp_path: Path) -> None:
    background, next_one = step("behind", "background: true"), step("next")
    swap = other_order
    assert judged(tmp_path / "a", swap, background, next_one).verdict == "PASS"
    failed = background_failed_while_all_else_went_on
    card = judged(tmp_path / "b", failed, background)
    assert (card.verdict, codes(card)) == ("INVALID", ["activity_failed"])


def test_an_activity_by_reference_is_known_by_its_name(tmp_path: Path) -> None:
    assert judged(tmp_path, lambda _j: None, "  - ref: every-instance-is-ready\n").verdict == "PASS"


def damage(run: RunsBuilder, tmp_path: Path, text: str | None) -> Scorecard:
    folder = run.write(tmp_path / "run")
    folder.journal.unlink() if text is None else folder.journal.write_text(text)
    folder.seal()
    return judge(folder)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "journal_missing"),
        ("", "journal_unreadable"),
        ('{"status": "completed", "run": [', "journal_unreadable"),
        ("[]", "journal_unreadable"),
        ('{"run": []}', "journal_unreadable"),
    ],
)
def test_a_journal_that_is_missing_or_cut_is_invalid(
    tmp_path: Path, text: str | None, code: str
) -> None:
    card = damage(sound_run(), tmp_path, text)
    assert card.verdict == "INVALID"
    assert codes(card) == [code]
