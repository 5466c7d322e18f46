"""Rows that a command prints, with a limit of time and of size; its children end with it."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from harness.evidence.declared import CommandSource
from harness.safety.tied import tie

_CHUNK: Final = 1 << 16
_PASSED: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")
_MOST_SAID: Final = 200


def write_rows(source: CommandSource, env: Mapping[str, str], cwd: Path, stem: Path) -> str:
    """Write `<stem>.<format>`; returns why the table could not be had, or "".

    `env` has its variables replaced. After an error the file is removed.
    """
    path = stem.with_name(f"{stem.name}.{source.format}")
    passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
    errors = stem.with_name(f"{stem.name}.stderr")
    why = ""
    try:
        with path.open("wb") as out, errors.open("wb") as said:
            why = _run(source, {**passed, **env}, cwd, (out.fileno(), said.fileno()))
        if why.startswith("exit") and errors.stat().st_size:
            last = errors.read_bytes()[-_MOST_SAID:].decode("utf-8", "replace").strip()
            why = f"{why}: {last.splitlines()[-1] if last else ''}"
    except OSError as error:
        why = f"{source.run[0]}: {error.strerror}"
    finally:
        errors.unlink(missing_ok=True)
    if why:
        path.unlink(missing_ok=True)
    return why


def _run(source: CommandSource, env: Mapping[str, str], cwd: Path, files: tuple[int, int]) -> str:
    process = subprocess.Popen(
        source.run,
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=files[1],
        start_new_session=True,
        preexec_fn=tie(),  # noqa: PLW1509  # system calls only
    )
    try:
        return _copy(process, source, files[0])
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _copy(process: subprocess.Popen[bytes], source: CommandSource, out: int) -> str:
    """Until its output ends, or a limit is reached."""
    if process.stdout is None:
        return "no output"
    end_s, total = time.monotonic() + source.timeout_s, 0
    with selectors.DefaultSelector() as ready, process.stdout as stream:
        ready.register(stream, selectors.EVENT_READ)
        while True:
            left_s = end_s - time.monotonic()
            if left_s <= 0 or not ready.select(left_s):
                return f"not done within {source.timeout_s:g} s"
            chunk = os.read(stream.fileno(), _CHUNK)
            if not chunk:
                break
            total += len(chunk)
            if total > source.max_bytes:
                return f"printed more than {source.max_bytes:,} bytes"
            _write_all(out, chunk)
    try:
        code = process.wait(max(end_s - time.monotonic(), 0.1))
    except subprocess.TimeoutExpired:
        return f"not done within {source.timeout_s:g} s"
    return f"exit code {code}" if code else ""


def _write_all(out: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(out, view) :]
