"""Bounds the log files of a run: the beginning and the end are kept, the middle is cut out.

Children write to their logs by themselves (O_APPEND), so a log is never renamed or shortened while
they run: the file system gives the middle back (fallocate, punch hole), which neither loses nor
moves a line that is written at the same time. `close_gaps` rewrites a cut log once its writers
have ended.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import re
from pathlib import Path
from typing import Final

EVERY_S: Final = 1.0
HEAD_BYTES: Final = 1_048_576
TAIL_BYTES: Final = 16_777_216
# Cut when so much has come together, not at every line.
STEP_BYTES: Final = 8_388_608
_BLOCK_BYTES: Final = 4096
_NOTE_BYTES: Final = 200
_NOTE: Final = re.compile(rb"\[squall\] this log was cut: (\d+) bytes [^\n]*\n")
_PUNCH_HOLE_KEEP_SIZE: Final = 0x02 | 0x01
_COPY_BYTES: Final = 1_048_576
_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_LIBC.fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)


async def bound_logs(folder: Path) -> None:
    """Keep every log of a run bounded until cancelled."""
    while True:
        _cut_all(folder)
        await asyncio.sleep(EVERY_S)


def _cut_all(folder: Path) -> None:
    for log in folder.glob("*.log"):
        cut_middle(log)


def cut_middle(log: Path) -> bool:
    """Give back the middle of a long log and say so in it; False if it is short or cannot be cut.

    The room that it takes is bounded; its length still counts what was cut.
    """
    try:
        handle = os.open(log, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        found = os.fstat(handle)
        if found.st_blocks * 512 <= HEAD_BYTES + TAIL_BYTES + STEP_BYTES:
            return False
        end = (found.st_size - TAIL_BYTES) // _BLOCK_BYTES * _BLOCK_BYTES
        if end <= HEAD_BYTES or not _punch(handle, HEAD_BYTES, end - HEAD_BYTES):
            return False
        os.pwrite(handle, _note(end - HEAD_BYTES), HEAD_BYTES)
        return True
    finally:
        os.close(handle)


def close_gaps(folder: Path) -> None:
    """Shorten every log that was cut to what is left of it. Its writers must have ended."""
    for log in folder.glob("*.log"):
        if log.is_file() and not log.is_symlink() and log.stat().st_size > HEAD_BYTES:
            _close_gap(log)


def _close_gap(log: Path) -> None:
    with log.open("rb") as stream:
        stream.seek(HEAD_BYTES)
        note = _NOTE.match(stream.read(_NOTE_BYTES))
        if note is None:
            return
        stream.seek(0)
        part = log.with_name(log.name + ".part")
        with part.open("wb") as shorter:
            shorter.write(stream.read(HEAD_BYTES) + b"\n" + note.group(0))
            stream.seek(HEAD_BYTES + int(note.group(1)))
            while more := stream.read(_COPY_BYTES):
                shorter.write(more)
    part.rename(log)


def _note(cut_bytes: int) -> bytes:
    kept = f"the first {HEAD_BYTES} and the last {TAIL_BYTES} or more are kept"
    return f"[squall] this log was cut: {cut_bytes} bytes are missing here; {kept}\n".encode()


def _punch(handle: int, begin: int, length: int) -> bool:
    """False where the file system cannot."""
    return bool(_LIBC.fallocate(handle, _PUNCH_HOLE_KEEP_SIZE, begin, length) == 0)
