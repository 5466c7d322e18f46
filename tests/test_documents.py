"""Documents: every link leads somewhere, and every decision has a status, a date and its code."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
DECISION = re.compile(r"decisions?[/ ](00\d\d)")
STATUS = re.compile(
    r"^Status: [a-z ]+(?:\. Date: |, )20\d\d-\d\d-\d\d\. Code: (`.+`)\.$", re.MULTILINE
)


@cache
def tracked(*patterns: str) -> tuple[Path, ...]:
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(ROOT / name for name in listed.split() if (ROOT / name).exists())


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    plain = (re.sub(r"[^\w\- ]", "", title.lower()) for title in HEADING.findall(page.read_text()))
    return {title.replace(" ", "-") for title in plain}


@pytest.mark.parametrize("page", tracked("*.md"), ids=name_of)
def test_every_link_of_a_page_leads_to_a_file_and_a_heading(page: Path) -> None:
    for link in LINK.findall(page.read_text()):
        if "://" in link:
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), f"{link} leads nowhere"
        assert not anchor or anchor in anchors(target), f"{link}: no such heading"


DECISIONS = tuple(path for path in tracked("docs/decisions/*.md"))


@pytest.mark.parametrize("page", DECISIONS, ids=name_of)
def test_a_decision_has_a_status_a_date_and_its_code(page: Path) -> None:
    found = STATUS.search(page.read_text())
    assert found, "write `Status: accepted. Date: 2026-11-30. Code: `path`.` below the title"
    named = re.findall(r"`([^`]+)`", found[1])
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", tracked("*.md", "*.py", "*.yaml", "*.toml"), ids=name_of)
def test_a_decision_that_is_named_exists(page: Path) -> None:
    known = {path.name[:4] for path in DECISIONS}
    assert set(DECISION.findall(page.read_text())) <= known


def test_every_line_of_whats_here_names_a_test_that_exists() -> None:
    page = (ROOT / "docs" / "whats-here.md").read_text()
    lines = re.findall(r"^- .*(?:\n  .*)*", page, re.MULTILINE)
    assert lines
    for line in lines:
        named = re.findall(r"`(tests/[^`]+)`", line)
        assert named, f"no test is named: {line}"
        assert [name for name in named if not (ROOT / name).is_file()] == []
