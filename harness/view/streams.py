"""The standard streams of a command, whose reader may go away at any time.

A write that fails is dropped and remembered; it never raises, so that no reader decides how a run
ends or which exit code it has.
"""

from __future__ import annotations

import io
import os
import select
import sys
from typing import Final, TextIO, cast

from harness.inert_text import inert, inert_json

_STDIN, _STDOUT, _STDERR = 0, 1, 2
_CHUNK: Final = 4096  # a pipe that can be written to takes at least as much without blocking
_STALLED_S: Final = 1.0


class GuardedFile(io.FileIO):
    """A standard stream's descriptor. `lost` says why something could not be written.

    `patience_s` limits how long one write waits for a reader that reads nothing; then the text is
    dropped until the reader reads again. None waits without limit.
    """

    def __init__(self, descriptor: int, patience_s: float | None) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        self.lost = ""
        self._patience_s = patience_s
        self._stalled = False

    def write(self, data: bytes, /) -> int:  # type: ignore[override]  # FileIO takes any buffer
        """Write it or drop it; says that all was taken."""
        left = memoryview(data)
        try:
            while left and self._is_ready():
                left = left[os.write(self.fileno(), left[:_CHUNK]) :]
        except BrokenPipeError:  # the reader has read what it wanted
            pass
        except OSError as error:
            self.lost = self.lost or str(error.strerror)
        return len(data)

    def _is_ready(self) -> bool:
        patience_s = 0.0 if self._stalled else self._patience_s
        poll = select.poll()
        poll.register(self.fileno(), select.POLLOUT)
        ready = bool(poll.poll(None if patience_s is None else patience_s * 1000))
        if not ready:
            self.lost = self.lost or "the reader reads nothing"
        self._stalled = not ready
        return ready


class Streams:
    """Takes the place of sys.stdout and sys.stderr; a closed stream becomes /dev/null."""

    def __init__(self) -> None:
        for descriptor in (_STDIN, _STDOUT, _STDERR):
            _ensure_open(descriptor)
        self._stdout = GuardedFile(_STDOUT, patience_s=None)
        self._encoding = _encoding(sys.stdout)
        sys.stdout = _text(self._stdout, self._encoding)
        sys.stderr = _text(GuardedFile(_STDERR, patience_s=_STALLED_S), _encoding(sys.stderr))
        self.said_json = False

    @property
    def lost(self) -> str:
        """Why a part of standard output could not be written; nothing where its reader left."""
        return self._stdout.lost

    def talk(self, line: str) -> None:
        """One line on standard error."""
        sys.stderr.write(f"{inert(line)}\n")
        sys.stderr.flush()

    def json(self, document: bytes) -> None:
        """The one document of a command with --json."""
        unicode = self._encoding.lower().replace("_", "-") in ("utf-8", "utf8")
        sys.stdout.write(inert_json(document.decode().rstrip(), ascii_only=not unicode) + "\n")
        sys.stdout.flush()
        self.said_json = True


def _encoding(stream: TextIO | None) -> str:
    """Python gives no stream where the descriptor is closed."""
    return getattr(stream, "encoding", None) or "utf-8"


def _text(file: GuardedFile, encoding: str) -> TextIO:
    """What cannot be encoded is written as an escape."""
    return io.TextIOWrapper(
        io.BufferedWriter(cast("io.RawIOBase", file)),
        encoding=encoding,
        errors="backslashreplace",
        line_buffering=True,
    )


def _ensure_open(descriptor: int) -> None:
    """Give a closed standard stream to /dev/null, or the next opened file would take its place."""
    try:
        os.fstat(descriptor)
    except OSError:
        opened = os.open(os.devnull, os.O_RDWR)
        if opened != descriptor:
            os.dup2(opened, descriptor)
            os.close(opened)
        os.set_inheritable(descriptor, True)
