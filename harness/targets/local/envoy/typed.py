"""Pieces of Envoy's configuration: typed extensions and addresses. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Json = Mapping[str, object]
TYPES: Final = "type.googleapis.com/envoy"


def typed(name: str, package: str, settings: Json) -> Json:
    """An extension with its settings; `@kind` names its message in the package."""
    config = {key: value for key, value in settings.items() if key != "@kind"}
    return {"name": name, "typed_config": {"@type": f"{package}.{settings['@kind']}", **config}}


def address(host: str, port: int) -> Json:
    """A socket's address."""
    return {"socket_address": {"address": host, "port_value": port}}
