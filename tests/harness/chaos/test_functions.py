"""A module that is asked for is imported; a stop meanwhile is not the module's fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.chaos.functions import Call, wrong_calls
from harness.run.signals import Stopped, stoppable

STOPPED = "import os, signal; os.kill(os.getpid(), signal.SIGINT)\n"
RAISES = "raise SystemExit('leaving')\n"


def call_into(folder: Path, name: str, code: str) -> Call:
    (folder / f"{name}.py").write_text(code)
    return Call(at="method[0]", module=name, func="act", arguments={})


def test_a_module_that_exits_at_import_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (wrong,) = wrong_calls([call_into(tmp_path, "module_that_exits", RAISES)])
    assert (wrong.part, "SystemExit: leaving" in wrong.wrong) == ("module", True)


def test_a_stop_during_an_import_ends_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    call = call_into(tmp_path, "module_that_is_stopped", STOPPED)
    with pytest.raises(Stopped), stoppable():
        wrong_calls([call])
