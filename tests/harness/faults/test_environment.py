"""Other variables are proven by the kernel's word, held over deaths, and gone after the undo."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from msgspec import structs

from harness.errors import FaultError
from harness.faults.environment import Environment
from harness.targets.environment import LIVES_MAX, Lives, wrong_lives
from harness.targets.noop import NoTarget
from harness.targets.records import InstanceStatus

LIVES: Lives = ({"STEP": "claim"}, {"STEP": "hold"})


class Machine(NoTarget):
    """One instance: its variables by the target's word (status) and by the kernel's (process)."""

    def __init__(self) -> None:
        self.status = InstanceStatus(name="web-1", service="web", state="ready", identity="a")
        self.process: Mapping[str, str] | None = {"PORT": "80"}
        self.configured: Lives = ()

    def instances(self) -> tuple[InstanceStatus, ...]:
        return (self.status,)

    def configure(self, instance: str, lives: Lives, lease_s: float) -> None:
        assert (instance, lease_s) == ("web-1", 2.0)
        self.configured = lives

    def variables(self, identity: str) -> Mapping[str, str] | None:  # type: ignore[override]  # it has one
        return self.process if identity else None

    def live(self, identity: str, deaths: int, **given: str) -> None:
        self.status = InstanceStatus(
            name="web-1", service="web", state="starting", identity=identity,
            leased=True, deaths=deaths, variables=given,
        )  # fmt: skip
        self.process = {"PORT": "80", **given} if identity else None


def test_it_is_proven_by_a_life_that_has_the_variables() -> None:
    machine, fault = Machine(), Environment(instance="web-1", lives=LIVES, deaths=2)
    before = fault.look(machine)
    fault.inject(machine, 2.0)
    assert machine.configured == LIVES
    assert not fault.verify(machine, before).proven
    machine.live("b", 0, STEP="claim")
    assert fault.verify(machine, before).proven
    machine.process = {"PORT": "80"}
    assert not fault.verify(machine, before).proven


def test_it_is_held_over_deaths_which_are_counted() -> None:
    machine, fault = Machine(), Environment(instance="web-1", lives=LIVES, deaths=2)
    before = fault.look(machine)
    machine.live("", 1)
    assert not fault.verify(machine, before).proven
    assert fault.held(machine, before).proven
    machine.live("c", 2, STEP="hold")
    assert fault.held(machine, before).evidence["deaths"] == 2
    machine.process = {"PORT": "80"}
    assert fault.held(machine, before).proven
    machine.status = structs.replace(machine.status, state="ready")
    assert not fault.held(machine, before).proven


def test_it_is_undone_when_a_ready_life_has_none_of_them() -> None:
    machine, fault = Machine(), Environment(instance="web-1", lives=LIVES)
    before = fault.look(machine)
    assert fault.verify_undone(machine, before, before).proven
    machine.live("b", 0, STEP="hold")
    assert not fault.verify_undone(machine, before, before).proven
    machine.live("", 0)
    assert not fault.verify_undone(machine, before, before).proven


def test_variables_that_it_has_already_prove_nothing() -> None:
    machine = Machine()
    machine.process = {"STEP": "hold"}
    with pytest.raises(FaultError, match="nothing would change"):
        Environment(instance="web-1", lives=LIVES).inject(machine, 2.0)


@pytest.mark.parametrize(
    ("lives", "says"),
    [
        ([], "not a list of 1 to"),
        ({"STEP": "x"}, "not a list of 1 to"),
        ([{"A": "1"}] * (LIVES_MAX + 1), "not a list of 1 to"),
        ([{}], "has 1 to"),
        (["A=1"], "has 1 to"),
        ([{"A": "1"}, {"B C": "1"}], "'B C' is not a variable"),
        ([{1: "1"}], "'1' is not a variable"),
        ([{"SQUALL_MARK": "x"}], "'SQUALL_MARK' is not a variable"),
        ([{"A": 1}], "not a text"),
        ([{"A": "x\0y"}], "not a text"),
    ],
)
def test_variables_that_cannot_be_given_are_refused(lives: object, says: str) -> None:
    assert says in wrong_lives(lives)


def test_variables_that_can_be_given() -> None:
    assert wrong_lives([{"LOG_LEVEL": "debug", "_a1": ""}]) == ""
