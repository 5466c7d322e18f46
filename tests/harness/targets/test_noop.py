"""The empty target has every ability and knows nothing."""

from __future__ import annotations

import pytest

from harness.errors import UnknownResourceError
from harness.targets import base
from harness.targets.cluster_abilities import HostsLoad
from harness.targets.environment import Configures
from harness.targets.noop import NoTarget
from harness.targets.records import EdgeFault

ABILITIES = (
    base.Target,
    base.Lifecycle,
    base.Instances,
    base.Leases,
    base.Kills,
    base.Pauses,
    base.EdgeFaults,
    base.Scales,
    base.Partitions,
    Configures,
    base.Events,
    base.Fetches,
    HostsLoad,
)


def test_lists_nothing() -> None:
    target = NoTarget()
    assert (target.instances(), target.edges(), target.addresses("ledger")) == ((), (), ())


@pytest.mark.parametrize("ability", ABILITIES, ids=lambda ability: ability.__name__)
def test_has_every_ability(ability: type) -> None:
    assert issubclass(NoTarget, ability)


def test_every_fault_on_it_names_something_unknown() -> None:
    target = NoTarget()
    for call in (
        lambda: target.kill("ledger-1", 1),
        lambda: target.revive("ledger-1"),
        lambda: target.pause("ledger-1", 1),
        lambda: target.resume("ledger-1"),
        lambda: target.configure("ledger-1", (), 1),
        lambda: target.restore("ledger-1"),
        lambda: target.fault_edge("ledger-1", EdgeFault(kind="reset"), 1),
        lambda: target.clear_edge("ledger-1"),
        lambda: target.scale("ledger-1", 3, 1),
        lambda: target.unscale("ledger-1"),
        lambda: target.partition("ledger-1", (), 1),
        lambda: target.join("ledger-1"),
        lambda: target.renew("ledger-1", 1),
    ):
        with pytest.raises(UnknownResourceError, match="ledger-1"):
            call()
