"""What decoding a document of somebody else raises: it is malformed, or nested too deeply."""

from __future__ import annotations

from typing import Final

from msgspec import MsgspecError

UNDECODABLE: Final = (MsgspecError, RecursionError)
