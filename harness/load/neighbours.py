"""The files that a scenario is made of: itself and the modules beside it that it imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from harness.errors import ConfigError


def files_of(scenario: Path) -> tuple[Path, ...]:
    """The file, and the files of its folder that it imports, itself or through another one.

    Raises ConfigError: one cannot be read.
    """
    found = [scenario]
    for file in found:  # grows while it is walked; each file is in it once
        if file.suffix == ".py":
            found += [beside for beside in dict.fromkeys(_beside(file)) if beside not in found]
    return tuple(found)


def _beside(file: Path) -> Iterator[Path]:
    for name in _imported(file):
        top = name.partition(".")[0]
        if (file.parent / f"{top}.py").is_file():
            yield file.parent / f"{top}.py"
        elif (file.parent / top / "__init__.py").is_file():
            text = f"{file}: imports the package {top} beside it"
            raise ConfigError(f"{text}; only single files beside it are sent: make it one file")


def _imported(file: Path) -> Iterator[str]:
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, ValueError, SyntaxError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
