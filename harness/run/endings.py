"""How a command ends that raised: what it says and its exit code."""

from __future__ import annotations

import errno
import re
import traceback
from pathlib import Path
from typing import Final

import click
import msgspec

from harness.errors import ConfigError, HarnessError, RefusedError, StoredRunError
from harness.run.signals import Stopped

# Nothing was started; a run proves nothing; a mistake of ours; stopped by Ctrl-C.
USAGE, INVALID, INTERNAL, INTERRUPTED = 2, 3, 70, 130
_LONG_WORD: Final = re.compile(r"\S{300,}")
_KEPT: Final = 80
_MOST_LINE: Final = 2_000
# The system refuses a path of the user. After a start, `after_start` has made it another error.
_UNUSABLE: Final = frozenset(
    {errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP, errno.EISDIR, errno.EROFS}
)
_NOTHING_STARTED: Final = (ConfigError, RefusedError, StoredRunError)


def ending(error: BaseException) -> tuple[tuple[str, ...], int]:
    """What to say of an error, line by line, and the exit code; long content is cut."""
    lines, code = _said(error)
    return tuple(map(_cut, lines)), code


def _cut(line: str) -> str:
    """A word that may be a whole file keeps its beginning and its end; so does the line."""
    words = _LONG_WORD.sub(lambda found: _ends(found[0], _KEPT), line)
    return words if len(words) <= _MOST_LINE else _ends(words, _MOST_LINE // 2)


def _ends(text: str, kept: int) -> str:
    return f"{text[:kept]} ... ({len(text):,} characters) ... {text[-kept // 2 :]}"


def _said(error: BaseException) -> tuple[tuple[str, ...], int]:
    lines: tuple[str, ...] = getattr(error, "problems", ()) or (str(error),)
    if isinstance(error, click.ClickException):
        return (_usage(error),), USAGE
    if isinstance(error, OSError) and error.filename and error.errno in _UNUSABLE:
        error = ConfigError(f"{error.filename}: cannot be used: {error.strerror}")
        lines = (str(error),)
    if isinstance(error, _NOTHING_STARTED):
        return lines, USAGE
    if isinstance(error, HarnessError):
        return lines, INVALID
    if isinstance(error, Stopped):
        return (f"stopped by {error}{error.left}",), error.exit_code
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return ("stopped",), INTERRUPTED
    return (f"internal error: {_last_frame(error)}",), INTERNAL


def as_document(lines: tuple[str, ...], code: int) -> bytes:
    """The same for a program that reads standard output."""
    text = "\n".join(lines).encode("utf-8", "backslashreplace").decode()
    return msgspec.json.encode({"error": text, "exit_code": code})


def wants_json(arguments: list[str]) -> bool:
    """Whether --json is among the options, also where they cannot be parsed."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return "--json" in arguments[:end]


def _usage(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    bare = isinstance(error, click.exceptions.NoArgsIsHelpError)
    text = "a command is missing" if bare else error.format_message().rstrip(".")
    return f"{text}; see `{context.command_path} --help`" if context else text


def _last_frame(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(frame.filename).name}:{frame.lineno})"
