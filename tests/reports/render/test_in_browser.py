"""The page in a real browser: no sideways scroll, legible, axe finds nothing.

Skips with one line where there is no Chromium.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reports.render.page import render
from reports.verdict.judge import judge
from tests.support.chromium import Browser, axe_file, chromium
from tests.support.pictured_runs import RUNS

PROGRAM = chromium()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium is installed")
STRICT = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'
LEAST_PX = 9
SMALLEST = """Math.min(...[...document.querySelectorAll('svg text')].map(t =>
    parseFloat(getComputedStyle(t).fontSize) * t.ownerSVGElement.getBoundingClientRect().width
    / t.ownerSVGElement.viewBox.baseVal.width))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert PROGRAM is not None
    with Browser(PROGRAM) as found:
        yield found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("pages")
    found = {}
    for name, make in RUNS.items():
        found[name] = place / f"{name}.html"
        found[name].write_text(render(judge(make().write(place / name))))
    return found


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("width", [320, 768, 1280])
def test_a_page_fits_its_window_and_its_charts_are_legible(
    name: str, width: int, browser: Browser, pages: dict[str, Path]
) -> None:
    for scheme in ("light", "dark"):
        browser.show(pages[name], width, scheme)
        assert browser.ask("document.documentElement.scrollWidth") <= width
        assert browser.ask(SMALLEST) >= LEAST_PX
        script = axe_file()
        assert script is None or browser.axe(script) == []


def test_without_styles_all_is_still_there(browser: Browser, pages: dict[str, Path]) -> None:
    page = pages["pass"].with_name("strict.html")
    page.write_text(pages["pass"].read_text().replace("<head>", f"<head>{STRICT}", 1))
    browser.show(page, 1280, "light")
    assert browser.ask("getComputedStyle(document.querySelector('h1')).letterSpacing") == "normal"
    assert "PASS" in browser.ask("document.body.innerText")
    wide = browser.ask("document.querySelector('.scroll svg').getBoundingClientRect().width")
    assert wide == 1100
