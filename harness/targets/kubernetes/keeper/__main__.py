"""`python -m harness.targets.kubernetes.keeper PLAN --folder FOLDER --port PORT`, until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from harness.clock import SystemClock
from harness.errors import HarnessError
from harness.targets.kubernetes.keeper.faults import KeptFaults
from harness.targets.kubernetes.keeper.parts import Parts
from harness.targets.kubernetes.keeper.plan import read_plan
from harness.targets.kubernetes.keeper.web import application
from harness.timeline import FileTimeline


class Web(uvicorn.Server):
    """Leaves the signals to the keeper."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Catch none."""
        yield

    def end(self) -> None:
        """Begin to end."""
        self.should_exit = True


async def keep(parts: Parts, port: int) -> None:
    """Play the edges and answer requests. Raises TargetError when a part ends."""
    faults = KeptFaults(parts.edges(), FileTimeline(Path("/dev/stdout"), SystemClock()))
    config = uvicorn.Config(
        application(faults, parts),
        host="0.0.0.0",  # noqa: S104  # the API server's proxy comes from outside of the pod
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )
    server = Web(config)
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, server.end)
    edges = asyncio.create_task(parts.run())
    serving = asyncio.create_task(server.serve())
    await asyncio.wait((edges, serving), return_when=asyncio.FIRST_COMPLETED)
    if not edges.done():
        edges.cancel()
        await asyncio.wait((edges,))
        return
    server.end()
    await serving
    await edges


def main() -> int:
    """Exit code 0 after SIGTERM, 1 if an edge could not be played."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("plan", type=Path)
    parser.add_argument("--folder", type=Path, required=True, help="an empty one, writable")
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    try:
        asyncio.run(keep(Parts(read_plan(given.plan), given.folder), given.port))
    except (HarnessError, OSError) as error:
        sys.stderr.write(f"keeper: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
