"""A check of the user's own is added from outside the repository, by a class and a line of YAML."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec import structs

from harness.store import Manifest, RunFolder, read_json, write_json
from reports.render.closing import closing_lines
from reports.render.page import render
from reports.verdict.judge import judge
from tests.support.runs_builder import sound_run
from tests.support.runs_files import SYSTEM

PAGE = Path(__file__).parents[3] / "docs/checks.md"
MODULE = '''
"""No payment of this system is worth more than a limit."""

from reports.checks.base import Violation, ViolationClass

TOO_MUCH = ViolationClass(
    name="too_much", label="too large payments", one="payment is too large", many="are too large"
)


class Limits:
    name = "limits"
    needs = {"payments": ("key", "amount_minor")}
    joins = ()
    classes = (TOO_MUCH,)

    def __init__(self, records, settings):
        self._records, self._most = records, settings["most_minor"]

    def add(self, block):
        pass

    def result(self):
        query = "select key from payments where amount_minor > $most order by key"
        names = tuple(self._records.evidence.ask(query, most=self._most)["key"].tolist())
        return (Violation(kind=TOO_MUCH, names=names),) if names else ()


class AsksForAnotherColumn(Limits):
    def result(self):
        return self._records.evidence.ask("select no_such_column from payments")


class Crashes(Limits):
    def add(self, block):
        raise SystemExit("no licence")
'''


def run_with(check: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A stored run of a system file in `home` that configures one more check."""
    system = SYSTEM + f"  - name: limits\n    own: {check}\n"
    monkeypatch.setattr("tests.support.runs_builder.SYSTEM", system)
    folder = sound_run().write(home / "run")
    manifest = read_json(folder.manifest, Manifest)
    write_json(folder.manifest, structs.replace(manifest, system_folder=str(home)))
    folder.seal()
    return folder


@pytest.fixture
def home(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A user's folder with a module of its own name for each test."""
    name = f"own_{abs(hash(request.node.name))}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    return tmp_path


def module_of(home: Path) -> str:
    return next(home.glob("own_*.py")).stem


@pytest.mark.parametrize(("most", "verdict"), [(10**6, "PASS"), (500, "FAIL")])
def test_a_class_from_the_user_s_folder_is_a_check(
    most: int, verdict: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = f'{{class: "{module_of(home)}:Limits", settings: {{most_minor: {most}}}}}'
    card = judge(run_with(check, home, monkeypatch))
    assert card.verdict == verdict
    found = card.document.checks["limits"]
    assert found.verdict == verdict.lower()
    if verdict == "FAIL":
        assert found.violations[0].kind == card.reasons[0].code == "too_much"
        for text in ("\n".join(closing_lines(card, "r")), render(card)):
            assert "too much" in text or "too large payments" in text


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Crashes", "no licence"),
        ("Missing", "AttributeError"),
        ("AsksForAnotherColumn", "no_such_column"),
    ],
)
def test_a_class_that_raises_or_is_not_there_makes_the_run_invalid_by_name(
    name: str, why: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = f'{{class: "{module_of(home)}:{name}", settings: {{most_minor: 1}}}}'
    card = judge(run_with(check, home, monkeypatch))
    assert (card.verdict, card.reasons[0].code) == ("INVALID", "check_crashed")
    assert "limits" in card.reasons[0].text
    assert why in card.reasons[0].text


def test_a_class_can_lie_in_another_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "checks").mkdir()
    source = home / f"{module_of(home)}.py"
    moved = source.rename(home / "checks" / source.name)
    check = f'{{class: "{moved.stem}:Limits", path: checks, settings: {{most_minor: 1000000}}}}'
    assert judge(run_with(check, home, monkeypatch)).verdict == "PASS"


def test_the_class_of_the_page_is_a_check(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's table `orders` is the built run's table `payments`."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    for old, new in (("orders", "payments"), (r"\bid\b", "key"), ("total_minor", "amount_minor")):
        code = re.sub(old, new, code)
    (home / "own_of_the_page.py").write_text(code)
    check = '{class: "own_of_the_page:LimitsCheck", settings: {most_minor: 500}}'
    card = judge(run_with(check, home, monkeypatch))
    assert card.document.checks["limits"].violations[0].kind == "too_much"
