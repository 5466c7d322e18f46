"""The page of a campaign in a real browser: no sideways scroll, and axe finds nothing.

Skips with one line where there is no Chromium.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.campaigns.gate_json import gate_document
from harness.campaigns.plan import gate_of
from reports.render.campaign.page import render
from reports.render.campaign.worst_run import worst_attempt, worst_section
from reports.verdict.judge import judge
from tests.support.chromium import Browser, axe_file, chromium
from tests.support.replayed_runs import in_turn, invalid, recorded, replay
from tests.support.runs_builder import sound_run
from tests.support.stub_campaign import stub_plan

PROGRAM = chromium()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium is installed")


def test_the_page_fits_every_window_and_axe_finds_nothing(tmp_path: Path) -> None:
    assert PROGRAM is not None
    plan = stub_plan()
    seen = replay(gate_of(plan), in_turn(*recorded("payments-paused")[:2], invalid()))
    found = gate_document(plan, seen)
    line = worst_attempt(found)
    assert line is not None
    page = tmp_path / "report.html"
    page.write_text(render(found, worst_section(line, judge(sound_run().write(tmp_path / "run")))))
    script = axe_file()
    with Browser(PROGRAM) as browser:
        for width in (320, 768, 1280):
            for scheme in ("light", "dark"):
                browser.show(page, width, scheme)
                assert browser.ask("document.documentElement.scrollWidth") <= width
                assert script is None or browser.axe(script) == []
