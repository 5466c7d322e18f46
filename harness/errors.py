"""The harness's error tree: what can go wrong, and its exit code.

HarnessError
├── ConfigError        a file or an argument is wrong: names file, line, value and the fix    exit 2
├── RefusedError       the machine or a leftover forbids a run: names the holder and the fix  exit 2
├── StoredRunError     a stored run cannot be read                                            exit 2
├── RunFailedError     a run or a system failed after its first process was started           exit 3
└── TargetError        the target could not execute a command                                 exit 3
    ├── UnknownResourceError    the instance or edge does not exist
    └── FaultError              a fault could not be injected, proven or undone
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class HarnessError(Exception):
    """Anything the harness reports on purpose; its text is one line meant for a person."""


class ConfigError(HarnessError):
    """A file or an argument is wrong. `str()` has one line an error: `file:line: error; fix`.

    `problems` has the same lines, one by one.
    """

    def __init__(self, text: str, *, file: Path | None = None, line: int | None = None) -> None:
        self.file, self.line = file, line
        where = "" if file is None else f"{file}:" if line is None else f"{file}:{line}:"
        super().__init__(f"{where} {text}".strip())
        self.problems: tuple[str, ...] = (str(self),)

    @classmethod
    def of_file(cls, file: Path, line: int | None, problems: tuple[str, ...]) -> ConfigError:
        """All errors of one file; each text names its own place. `line` is the first one's."""
        error = cls.of_all(problems)
        error.file, error.line = file, line
        return error

    @classmethod
    def of_all(cls, problems: tuple[str, ...]) -> ConfigError:
        """Errors of several files; each text names its own place."""
        error = cls("\n".join(problems))
        error.problems = problems
        return error


class RefusedError(HarnessError):
    """The machine or a leftover forbids this run; the text names the holder and the fix."""


class StoredRunError(HarnessError):
    """A stored run is missing, cut off or unreadable."""


class RunFailedError(HarnessError):
    """A run or a system failed after its first process was started."""


class TargetError(HarnessError):
    """The target could not execute a command."""


class UnknownResourceError(TargetError):
    """No instance or edge of that name."""


class FaultError(TargetError):
    """A fault could not be injected, proven or undone."""


@contextmanager
def after_start() -> Iterator[None]:
    """Within this block an error no longer means that nothing was started: RunFailedError."""
    try:
        yield
    except (ConfigError, RefusedError, StoredRunError) as error:
        raise RunFailedError(f"after the start: {error}") from error
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise RunFailedError(f"after the start: {where}{error.strerror or error}") from error
