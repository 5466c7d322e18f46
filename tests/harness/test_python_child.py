"""Child processes import our code and installed packages, and no module of the user's folders."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.python_child import python_module

ROOT = Path(__file__).parents[2]
NAMES = ["logging", "yaml", "sitecustomize", "usercustomize", "json", "click", "cli", "asyncio"]
LIMIT_S = 60


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder whose modules end every process that imports one of them."""
    ends = "import os\nos._exit(99)\n"
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(ends)
    for name in ("harness", "reports", "scenarios", "reference_services"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(ends)
    return tmp_path


def run(command: list[str], cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("variable", ["PYTHONPATH", "PYTHONUSERBASE", "PYTHONSTARTUP"])
def test_a_child_imports_nothing_of_the_user(hostile: Path, variable: str) -> None:
    command = [*python_module("harness.targets.local", "--help")]
    assert run(command, hostile, **{variable: str(hostile)}).returncode == 0


def test_the_command_itself_imports_nothing_of_the_user(hostile: Path) -> None:
    """`make setup` starts the command with -I."""
    squall = Path(sys.executable).with_name("squall")
    done = run([str(squall), "validate"], hostile, PYTHONPATH=str(hostile))
    assert done.returncode == 0, done.stderr
    assert "bank-slow" in done.stdout


def test_the_module_imports_nothing_of_the_current_folder(hostile: Path) -> None:
    for name in ("sitecustomize", "usercustomize", "cli"):
        (hostile / f"{name}.py").unlink()
    done = run([sys.executable, str(ROOT / "cli.py"), "validate"], hostile, PYTHONPATH=str(hostile))
    assert done.returncode == 0, done.stderr


def test_no_other_way_to_start_python_is_left() -> None:
    """Every child of ours goes through `python_module`, services through their deployment file."""
    found = [
        str(path.relative_to(ROOT))
        for folder in ("harness", "scenarios", "reports")
        for path in (ROOT / folder).rglob("*.py")
        if "sys.executable" in path.read_text()
    ]
    assert sorted(found) == ["harness/python_child.py", "harness/targets/local/assembly.py"]
    commands = (ROOT / "deploy" / "local.yaml").read_text()
    assert commands.count("{python}") == commands.count('"{python}", -I, -u, -m')
