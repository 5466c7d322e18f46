"""A service that does almost nothing, so that the measured cost is that of the harness.

Environment: PORT. Every request is answered with 200.
"""

from __future__ import annotations

import asyncio
import os
from typing import Final

ANSWER: Final = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
HEAD_END: Final = b"\r\n\r\n"


async def serve(port: int) -> None:
    """Until killed."""
    server = await asyncio.start_server(_answer, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            await reader.readuntil(HEAD_END)
            writer.write(ANSWER)
            await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        writer.close()


if __name__ == "__main__":
    asyncio.run(serve(int(os.environ["PORT"])))
