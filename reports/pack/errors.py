"""The errors of packs."""

from __future__ import annotations

from harness.errors import ConfigError


class PackError(ConfigError):
    """Something is wrong with a pack or with how it is to be made."""


class NotAPackError(PackError):
    """The file is no pack, or a part of it is out of its limits."""


class SignatureError(PackError):
    """It cannot be signed, or the signature cannot be checked."""
