"""Asks a running Envoy, over its admin socket that only this user can open (0600)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import msgspec

from harness.errors import TargetError
from harness.targets.local.envoy.config import GENERATION_KEY

TIMEOUT_S: Final = 1.0


class _Entry(msgspec.Struct):
    final_value: str


class _Runtime(msgspec.Struct):
    entries: dict[str, _Entry] = {}


async def ask(admin: Path, path: str) -> bytes:
    """The body of the answer to GET `path`. Raises TargetError."""
    request = f"GET {path} HTTP/1.1\r\nHost: envoy\r\nConnection: close\r\n\r\n".encode()
    try:
        async with asyncio.timeout(TIMEOUT_S):
            reader, writer = await asyncio.open_unix_connection(str(admin))
            try:
                writer.write(request)
                answer = await reader.read(-1)
            finally:
                writer.close()
    except (OSError, TimeoutError) as error:
        raise TargetError(f"Envoy does not answer at {admin}: {error!r}") from error
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        said = head.partition(b"\r\n")[0].decode(errors="replace")
        raise TargetError(f"Envoy at {admin}: {path}: {said}")
    return _dechunk(body) if b"chunked" in head.lower() else body


async def generation(admin: Path) -> int:
    """The generation of the runtime file that Envoy has taken in; 0: none yet."""
    try:
        runtime = msgspec.json.decode(await ask(admin, "/runtime"), type=_Runtime)
        entry = runtime.entries.get(GENERATION_KEY)
        return int(entry.final_value) if entry else 0
    except (msgspec.MsgspecError, ValueError) as error:
        raise TargetError(f"Envoy at {admin}: /runtime is not understood: {error}") from error


async def stats(admin: Path, pattern: str) -> dict[str, int]:
    """The counters and gauges in use whose names match the pattern (no spaces in it)."""
    text = await ask(admin, f"/stats?usedonly&filter={pattern}")
    pairs = (line.rpartition(": ") for line in text.decode().splitlines())
    return {name: int(value) for name, _, value in pairs if value.isdigit()}


def _dechunk(body: bytes) -> bytes:
    parts = []
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size or b"0", 16)
        if length == 0:
            break
        parts.append(body[:length])
        body = body[length + 2 :]
    return b"".join(parts)
