"""What Chaos Toolkit saw, compared with the experiment file, activity by activity.

The rule: when the system left its own steady state after the method, the run FAILs; when the
experiment did not do what its file says, the run is INVALID. Neither ends in PASS.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from harness.chaos.journal import ActivityRun, Journal, SteadyState
from harness.chaos.script import Script, Step
from reports.inputs.names import say_names
from reports.measures.reason import Reason

_SUCCEEDED = "succeeded"


def about_experiment(journal: Journal | None, damage: str, script: Script) -> list[Reason]:
    """Why the experiment did not do what its file says; each makes the run INVALID."""
    if damage:
        return [_reason("journal_unreadable", f"Chaos Toolkit's journal is unreadable: {damage}.")]
    if journal is None:
        text = "Chaos Toolkit left no journal: the experiment was cut off or killed."
        return [_reason("journal_missing", text)]
    before = journal.steady_states.before
    found = _about_status(journal)
    if before is not None and before.steady_state_met is False:
        text = f"The steady state was not met before the method{_which(before)}, so it never ran."
        found.append(_reason("steady_state_not_met", text))
    else:
        found += _about_steps("activity", "method", script.method, journal.run)
        found += _about_unchecked(journal, script)
    found += _about_steps("rollback", "rollbacks", script.rollbacks, journal.rollbacks)
    return found + [_reason("control_failed", f"{text}.") for text in journal.control_failures]


def about_steady_state(journal: Journal | None) -> list[Reason]:
    """Where the system left its own steady state; each makes the run FAIL.

    A probe that raises after the method counts as well: before the method it gave an answer.
    """
    if journal is None:
        return []
    states = journal.steady_states
    found = []
    if states.before is None or states.before.steady_state_met is not False:
        after = states.after
        if journal.deviated or (after is not None and after.steady_state_met is False):
            text = f"After the method the system was not in its steady state{_which(after)}."
            found.append(_reason("steady_state_broken", text))
        broken = [s for s in states.during if s is not None and s.steady_state_met is False]
        if broken:
            share = f"{len(broken)} of {len(states.during)} times"
            text = f"During the method the steady state was not met {share}{_which(broken[0])}."
            found.append(_reason("steady_state_broken", text))
    for run in journal.run:
        if run.tolerance_met is False:
            text = f"The probe {run.activity.name} of the method was outside its tolerance."
            found.append(_reason("tolerance_not_met", text))
    return found


def _about_status(journal: Journal) -> list[Reason]:
    """`failed` also means a hypothesis whose probe raised, which has a reason of its own."""
    states = journal.steady_states
    told = any(s and s.steady_state_met is False for s in (states.before, states.after))
    match journal.status:
        case "completed":
            return []
        case "failed" if told:
            return []
        case "interrupted" | "aborted" | "failed" as status:
            text = f"Chaos Toolkit ended the experiment as {status}."
            return [_reason(f"experiment_{status}", text)]
        case other:
            text = f"Chaos Toolkit ended the experiment with the unknown status {other!r}."
            return [_reason("experiment_status_unknown", text)]


def _about_steps(
    kind: str, where: str, asked: Sequence[Step], runs: Sequence[ActivityRun]
) -> list[Reason]:
    found = [_about_run(kind, where, run) for run in runs if run.status != _SUCCEEDED]
    wanted, seen = Counter(s.name for s in asked), Counter(r.activity.name for r in runs)
    if missing := list((wanted - seen).elements()):
        text = f"The {where} of the experiment was not run to its end: {say_names(missing)} missing"
        found.append(_reason(f"{kind}_not_run", f"{text}."))
    if extra := list((seen - wanted).elements()):
        text = f"{say_names(extra)} was run in the {where} but is not in the experiment file"
        found.append(_reason(f"{kind}_unexpected", f"{text}."))
    if not missing and not extra and _in_order(asked) != _in_order_run(asked, runs):
        text = f"The {where} of the experiment was not run in the order of its file."
        found.append(_reason(f"{kind}_order", text))
    return found


def _about_run(kind: str, where: str, run: ActivityRun) -> Reason:
    if run.status == "interrupted":
        text = f"{run.activity.name} of the {where} was interrupted."
        return _reason(f"{kind}_interrupted", text)
    text = f"{run.activity.name} of the {where} did not succeed (status {run.status})."
    return _reason(f"{kind}_failed", text)


def _in_order(asked: Sequence[Step]) -> list[str]:
    return [step.name for step in asked if not step.background]


def _in_order_run(asked: Sequence[Step], runs: Sequence[ActivityRun]) -> list[str]:
    """Background activities start when their thread does, so they have no place in the order."""
    background = {step.name for step in asked if step.background}
    ahead = {step.name for step in asked if not step.background}
    return [r.activity.name for r in runs if r.activity.name not in background - ahead]


def _about_unchecked(journal: Journal, script: Script) -> list[Reason]:
    """Tests of the file that were not made, although the experiment came to its end."""
    found = []
    states = journal.steady_states
    if journal.status not in ("interrupted", "aborted") and script.probes:
        for when, state in (("before", states.before), ("after", states.after)):
            if not _is_tested(state, script):
                text = f"The steady state was not tested {when} the method."
                found.append(_reason("steady_state_unchecked", text))
    with_tolerance = {step.name for step in script.method if step.has_tolerance}
    for run in journal.run:
        expected = run.activity.name in with_tolerance and run.status == _SUCCEEDED
        if expected and run.tolerance_met is None:
            text = f"The probe {run.activity.name} could not be compared with its tolerance."
            found.append(_reason("tolerance_unchecked", text))
    return found


def _is_tested(state: SteadyState | None, script: Script) -> bool:
    if state is None or state.steady_state_met is None:
        return False
    names = [run.activity.name for run in state.probes]
    asked = [step.name for step in script.probes]
    if not state.steady_state_met:
        return names == asked[: len(names)]
    met = all(run.status == _SUCCEEDED and run.tolerance_met for run in state.probes)
    return met and names == asked


def _which(state: SteadyState | None) -> str:
    """The probe at which Chaos Toolkit stopped: the last of those that were run."""
    return f" (probe {state.probes[-1].activity.name})" if state and state.probes else ""


def _reason(code: str, text: str) -> Reason:
    return Reason(code=code, text=text[0].upper() + text[1:])
