"""Whether a stored record has every field that its writer writes.

A field with a default may be left out where a record is made in the program. In a stored file its
absence is lost evidence, and the default must not stand for it.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec


def missing_fields(raw: bytes, record: object) -> tuple[str, ...]:
    """Where `raw`, which was decoded to `record`, lacks a field of it: `$.slices[2].waited`.

    Fields of a record type with `omit_defaults` may be missing where they have their defaults.
    """
    return tuple(_missing(msgspec.json.decode(raw), msgspec.to_builtins(record), "$"))


def _missing(came: object, whole: object, at: str) -> Iterator[str]:
    if isinstance(came, dict) and isinstance(whole, dict):
        for name, value in whole.items():
            if name in came:
                yield from _missing(came[name], value, f"{at}.{name}")
            else:
                yield f"{at}.{name}"
    elif isinstance(came, list) and isinstance(whole, list | tuple):
        for place, pair in enumerate(zip(came, whole, strict=False)):
            yield from _missing(*pair, f"{at}[{place}]")
