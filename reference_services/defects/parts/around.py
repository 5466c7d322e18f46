"""A part that behaves as the sound one, except for the methods that a subclass replaces."""

from __future__ import annotations

from typing import Any


class Around:
    """Passes on to the sound part whatever the subclass does not define."""

    def __init__(self, sound: Any) -> None:  # noqa: ANN401  # any part of a service
        self._sound = sound

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # what the sound part has
        return getattr(self._sound, name)
