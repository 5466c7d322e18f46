"""Pictures of the report page: four verdicts, three widths, light and dark (`make pictures`).

Needs an installed Chromium. With axe-core (`npm install axe-core`, or AXE_JS=FILE) each page is
checked as well. `python -m tests.stress.pictures RUN ...` pictures stored runs instead, and
`python -m tests.stress.pictures --document RUN` makes docs/report.png of the upper part of one.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from harness.store import RunFolder
from reports.render.page import render
from reports.verdict.judge import judge
from tests.support.chromium import Browser, axe_file, chromium
from tests.support.pictured_runs import RUNS

WIDTHS = (320, 768, 1280)
SCHEMES = ("light", "dark")
TO = Path("runs/pictures")
DOCUMENT, DOCUMENT_SIZE = Path("docs/report.png"), (1280, 1180)


def main(arguments: list[str]) -> int:
    """Write them; 1 where axe found something."""
    program = chromium()
    if program is None:
        sys.stderr.write("no Chromium is installed here, so no picture is made\n")
        return 0
    TO.mkdir(parents=True, exist_ok=True)
    found: list[str] = []
    with tempfile.TemporaryDirectory() as place, Browser(program) as browser:
        if arguments[:1] == ["--document"]:
            return _document(browser, RunFolder(Path(arguments[1])), Path(place) / "report.html")
        for name, folder in _folders(arguments, Path(place)):
            page = TO / f"{name}.html"
            page.write_text(render(judge(folder)))
            found += _picture(browser, name, page)
    script = axe_file()
    said = f"axe: {len(found)} violations" if script else "axe-core is not installed: not checked"
    sys.stdout.write("\n".join([*found, f"pictures are in {TO}; {said}", ""]))
    return 1 if found else 0


def _document(browser: Browser, folder: RunFolder, page: Path) -> int:
    width, height = DOCUMENT_SIZE
    page.write_text(render(judge(folder)))
    browser.show(page, width, "light")
    DOCUMENT.write_bytes(browser.picture(width, height))
    sys.stdout.write(f"{DOCUMENT}\n")
    return 0


def _folders(arguments: list[str], place: Path) -> list[tuple[str, RunFolder]]:
    if arguments:
        paths = [Path(each) for each in arguments]
        return [(f"{path.parent.name}-{path.name}", RunFolder(path)) for path in paths]
    return [(name, make().write(place / name)) for name, make in RUNS.items()]


def _picture(browser: Browser, name: str, page: Path) -> list[str]:
    found = []
    script = axe_file()
    for scheme in SCHEMES:
        for width in WIDTHS:
            browser.show(page, width, scheme)
            (TO / f"{name}-{width}-{scheme}.png").write_bytes(browser.picture(width))
            wrong = browser.axe(script) if script else []
            found += [f"{name} {width} {scheme}: {each}" for each in wrong]
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
