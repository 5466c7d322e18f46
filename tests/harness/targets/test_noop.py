"""The empty target keeps the Protocol and knows nothing."""

from __future__ import annotations

import pytest

from harness.errors import UnknownResourceError
from harness.targets.base import EdgeFault, Target
from harness.targets.noop import NoTarget


def test_lists_nothing() -> None:
    target: Target = NoTarget()
    assert (target.instances(), target.edges()) == ((), ())


def test_every_fault_on_it_names_something_unknown() -> None:
    target: Target = NoTarget()
    for call in (
        lambda: target.kill("ledger-1", 1),
        lambda: target.revive("ledger-1"),
        lambda: target.pause("ledger-1", 1),
        lambda: target.resume("ledger-1"),
        lambda: target.fault_edge("ledger-1", EdgeFault(kind="reset"), 1),
        lambda: target.clear_edge("ledger-1"),
        lambda: target.renew("ledger-1", 1),
    ):
        with pytest.raises(UnknownResourceError, match="ledger-1"):
            call()
