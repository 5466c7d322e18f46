"""What a person does about an INVALID run: one sentence for each kind of reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from reports.measures.reason import Reason

_FREE: Final = "Stop the named processes or use a quieter machine, then run it again."
_LOAD: Final = "Free the machine, lower `--rate-scale` or add `--workers`, then run it again."
_FILE: Final = "Run `squall validate`, correct the experiment, then run it again."
_AGAIN: Final = "Run it again; a file that was changed or lost after a run cannot be repaired."
_TARGET: Final = (
    "Look at the fault's lines in timeline.ndjson and at `squall doctor`: the target refused the "
    "fault, or it had no effect."
)
_STEPS: Final = {
    "machine_shared": _FREE,
    "machine_unknown": _FREE,
    "load_late": _LOAD,
    "load_not_delivered": _LOAD,
    "baseline_dirty": "Find out why operations were bad before the fault: without a sound "
    "baseline no effect can be told apart.",
    "baseline_small": "Give the baseline more operations: a longer `baseline_s` or a higher "
    "`--rate-scale`.",
    "tail_short": "Give the load a longer `recovery_s`: at least `hold_s` after the fault.",
    "fault_unobserved": "Offer more load while the fault is on: a longer `fault_s` or a higher "
    "`--rate-scale`.",
    "fault_not_proven": _TARGET,
    "fault_not_undone": "Run `squall heal`, then run it again.",
    "fault_not_held": _TARGET,
    "fault_not_asked": _FILE,
    "fault_extra": _FILE,
    "no_fault": "Give the method a fault; `squall run --no-fault` makes a control run.",
    "evidence_missing": "Add the tables to `evidence`, or correct their source in the system file.",
    "keys_not_joined": "Send `self.intent.key` with each request, or set it to the key that is "
    "sent.",
    "check_crashed": "Correct the check; `squall report` judges the stored run again.",
    "data_missing": _AGAIN,
    "data_damaged": _AGAIN,
    "data_unreadable": _AGAIN,
    "data_impossible": _AGAIN,
    "steady_state_not_met": "Bring the system to its steady state first: see the probe's result "
    "in journal.json.",
}
_EARLY: Final = "ended_early"
_USUAL: Final = "See journal.json and timeline.ndjson of the run; correct the cause, run it again."


def next_steps(reasons: Iterable[Reason]) -> tuple[str, ...]:
    """Each step once, in the order of the reasons; that a run ended early has its own cause."""
    codes = [reason.code for reason in reasons]
    causes = [code for code in codes if code != _EARLY] or codes
    return tuple(dict.fromkeys(_STEPS.get(code, _USUAL) for code in causes))
