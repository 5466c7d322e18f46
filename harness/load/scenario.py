"""Which file a scenario's name or path means, and which driver it asks for."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Final

from harness.errors import ConfigError
from harness.files.problems import nearest
from harness.files.real_path import real_path
from harness.load.protocol.reading import SUFFIXES, is_description, read_description
from harness.python_child import CHECKOUT

SCENARIOS: Final = CHECKOUT / "scenarios"
LOCUST: Final = "locust"
_OURS: Final = Path(__file__).parent / "locust"
LEAN: Final = "lean"
ENGINES: Final = (LOCUST, LEAN)
_A_SCENARIO: Final = re.compile(r"^CURVE\b", re.MULTILINE)


def scenario_names() -> tuple[str, ...]:
    """Every scenario that is known by name: a file of scenarios/ that states a CURVE."""
    files = sorted(SCENARIOS.glob("*.py"))
    return tuple(file.stem for file in files if _A_SCENARIO.search(file.read_text("utf-8")))


def scenario_path(word: str, beside: Path | None = None) -> Path:
    """The file that a name of scenarios/ or a path means.

    A relative path counts from the current folder, then from `beside`. Raises ConfigError.
    """
    names = scenario_names()
    if word in names:
        return SCENARIOS / f"{word}.py"
    if not word.endswith((".py", *SUFFIXES)) and "/" not in word:
        text = f"no scenario {word!r} in scenarios/; {nearest(word, list(names))}"
        raise ConfigError(f"{text}; or give the path of a Locust file or of a YAML scenario")
    folders = (Path.cwd(), *((beside,) if beside is not None else ()))
    for folder in folders:
        path = real_path(Path(folder, word))
        if path.is_file():
            return path
    places = " and ".join(str(folder) for folder in folders)
    raise ConfigError(f"no scenario file {word!r}: looked in {places}")


def planned_word(word: str, beside: Path | None = None) -> str:
    """The scenario as a plan states it: a known name, or an absolute path. Raises ConfigError."""
    return word if word in scenario_names() else str(scenario_path(word, beside))


def engine_of(path: Path) -> str:
    """`locust`, or what the file states as `ENGINE` or `engine`. Raises ConfigError."""
    if is_description(path):
        return read_description(path).engine
    try:
        tree = ast.parse(path.read_text("utf-8"))
    except (OSError, ValueError, SyntaxError):
        return LOCUST  # the check imports the file and reports its error
    for node in tree.body:
        value = _assigned(node, "ENGINE")
        if value is not None:
            return _known(path, value)
    return LOCUST


def users_file(path: Path) -> Path:
    """The Locust file that carries a scenario: its own file, or ours for one without users."""
    if is_description(path):
        return _OURS / "protocol_user.py"
    return _OURS / "payer_user.py" if engine_of(path) == LEAN else path


def import_scenario(path: Path) -> ModuleType:
    """Import the file; its folder is first in sys.path meanwhile, as with Locust, and last after.

    Raises whatever the file raises.
    """
    sys.path.insert(0, str(path.parent))
    try:
        return _import(path)
    finally:
        sys.path.remove(str(path.parent))
        sys.path.append(str(path.parent))


def _import(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def _assigned(node: ast.stmt, name: str) -> ast.expr | None:
    targets = (
        node.targets
        if isinstance(node, ast.Assign)
        else [node.target]
        if isinstance(node, ast.AnnAssign)
        else []
    )
    named = any(isinstance(target, ast.Name) and target.id == name for target in targets)
    return node.value if named and isinstance(node, ast.Assign | ast.AnnAssign) else None


def _known(path: Path, value: ast.expr) -> str:
    engine = value.value if isinstance(value, ast.Constant) else None
    if engine not in ENGINES:
        said = ast.unparse(value)
        raise ConfigError(f"{path}: ENGINE = {said}: write one of {', '.join(map(repr, ENGINES))}")
    return str(engine)
