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

import os
import signal
import subprocess
import sys
import threading

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


class Exits(Limits):
    def result(self):
        sys.exit()


class EndsTheProcess(Limits):
    def result(self):
        os._exit(0)


class NeverReturns(Limits):
    def result(self):
        while True:
            pass


class IgnoresSignals(Limits):
    def result(self):
        for each in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
            signal.signal(each, signal.SIG_IGN)
        threading.Event().wait()


class UsesUpMemory(Limits):
    def result(self):
        return [bytearray(2 ** 28) for _ in range(1000)]


class ReturnsNothing(Limits):
    def result(self):
        super().result()


class FindsAnUndeclaredClass(Limits):
    classes = ()

    def result(self):
        return (Violation(kind=TOO_MUCH, names=("p1",)),)


class NamesNoTable(Limits):
    needs = {"payments": "key"}


class LeavesAChild(Limits):
    def result(self):
        left = subprocess.Popen(["sleep", "1000"])
        with open(self._most, "w") as file:
            file.write(str(left.pid))
        return ()


class Talks(Limits):
    def __init__(self, records, settings):
        print("a line for a person")
        super().__init__(records, settings)

    def add(self, block):
        os.write(1, b'{"found": [], "wrong": ""}' + bytes([10]))
        sys.stdin.readline()

    def result(self):
        subprocess.run(["echo", "a child's line"])
        return list(super().result())
'''
ENDS_AT_ITS_IMPORT = "import os\nos._exit(0)\n"
WAITING = ("NeverReturns", "IgnoresSignals", "NeverImported")
NEVER_IMPORTED = "while True:\n    pass\n"


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


def check_of(home: Path, name: str, most: int = 10**6) -> str:
    limits = "timeout_s: 1, memory_mb: 1000" if name in WAITING else "memory_mb: 1000"
    settings = f"settings: {{most_minor: {most}}}"
    return f'{{class: "{module_of(home)}:{name}", {settings}, {limits}}}'


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
        ("Crashes", "the check raised SystemExit: no licence"),
        ("Missing", "AttributeError"),
        ("AsksForAnotherColumn", "no_such_column"),
        ("Exits", "the check raised SystemExit"),
        ("EndsTheProcess", "its process ended with exit code 0 before it answered"),
        ("NeverReturns", "it was not done within 1 s"),
        ("IgnoresSignals", "it was not done within 1 s"),
        ("UsesUpMemory", "the check raised MemoryError"),
        ("ReturnsNothing", "result() returned None"),
        ("FindsAnUndeclaredClass", "`classes` does not have the class 'too_much'"),
        ("NamesNoTable", "Expected `array`"),
    ],
)
def test_a_class_that_does_not_answer_makes_the_run_invalid_and_says_why(
    name: str, why: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = judge(run_with(check_of(home, name), home, monkeypatch))
    assert (card.verdict, card.reasons[0].code) == ("INVALID", "check_crashed")
    assert "The check limits was not made" in card.reasons[0].text
    assert why in card.reasons[0].text
    assert card.document.checks["limits"].verdict == "not_checked"


@pytest.mark.parametrize(
    ("module", "name", "why"),
    [
        (ENDS_AT_ITS_IMPORT, "Limits", "exit code 0"),
        (NEVER_IMPORTED, "NeverImported", "within 1 s"),
    ],
)
def test_a_module_that_cannot_be_imported_does_not_end_the_judge(
    module: str, name: str, why: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / f"{module_of(home)}.py").write_text(module)
    card = judge(run_with(check_of(home, name), home, monkeypatch))
    assert (card.verdict, card.reasons[0].code) == ("INVALID", "check_crashed")
    assert why in card.reasons[0].text


def test_what_a_class_has_started_ends_with_its_answer(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = home / "pid"
    settings = f"settings: {{most_minor: {told}}}"
    check = f'{{class: "{module_of(home)}:LeavesAChild", {settings}}}'
    assert judge(run_with(check, home, monkeypatch)).verdict == "PASS"
    status = Path(f"/proc/{told.read_text()}/status")
    assert not status.exists() or "State:\tZ" in status.read_text()


@pytest.mark.parametrize(("most", "verdict"), [(10**6, "PASS"), (500, "FAIL")])
def test_what_a_class_prints_does_not_change_its_answer(
    most: int,
    verdict: str,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    card = judge(run_with(check_of(home, "Talks", most), home, monkeypatch))
    assert card.verdict == verdict
    said = capfd.readouterr()
    assert said.out == ""
    assert "a line for a person" in said.err
    assert "a child's line" in said.err


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
