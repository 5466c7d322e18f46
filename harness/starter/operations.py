"""The requests of a new scenario: given by hand, or read from an OpenAPI document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import yaml

from harness.errors import ConfigError
from harness.files.whole_file import read_whole
from harness.starter.sample_values import KEY, Schemas, is_key

MAX_OPERATIONS: Final = 12
_MAX_BYTES: Final = 8_000_000
_METHODS: Final = ("get", "post", "put", "patch")
_BODY: Final = ("post", "put", "patch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One request. `KEY` in `headers` and `body` is replaced by the key of the intent."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: object = None

    @property
    def name(self) -> str:
        """The name of its step in reports."""
        return f"{self.method.upper()} {self.path}"

    @property
    def sends_key(self) -> bool:
        """Whether the system gets the key of the intent."""
        return KEY in self.path or KEY in json.dumps([self.headers, self.body])


@dataclass(frozen=True, slots=True, kw_only=True)
class Documented:
    """The operations of a document, and the names of those that need a missing value."""

    operations: tuple[Operation, ...]
    left_out: tuple[str, ...]


LOOK: Final = Operation(method="get", path="/")


def read_openapi(path: Path) -> Documented:
    """The operations of an OpenAPI 3 or Swagger 2 document (JSON or YAML). Raises ConfigError."""
    document = _read(path)
    paths = document.get("paths")
    if not isinstance(paths, dict) or not paths:
        raise ConfigError("no `paths`: this is not an OpenAPI document", file=path)
    found, left_out = list[Operation](), list[str]()
    for where, method, described in _described(paths):
        operation = _operation(where, method, described, document)
        if operation is None:
            left_out.append(f"{method.upper()} {where}")
        else:
            found.append(operation)
    if not found:
        raise ConfigError("no operation can be sent without values that are missing", file=path)
    more = [operation.name for operation in found[MAX_OPERATIONS:]]
    return Documented(operations=tuple(found[:MAX_OPERATIONS]), left_out=(*left_out, *more))


def _read(path: Path) -> dict[str, Any]:
    try:
        raw = read_whole(path, _MAX_BYTES)
        document = json.loads(raw) if path.suffix == ".json" else yaml.safe_load(raw)
    except OSError as error:
        raise ConfigError(str(error.strerror), file=path) from error
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        first = str(error).splitlines()[0]
        raise ConfigError(f"neither JSON nor YAML: {first}", file=path) from error
    if not isinstance(document, dict):
        raise ConfigError("this is not an OpenAPI document", file=path)
    return document


def _described(paths: dict[Any, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for where, item in paths.items():
        if not isinstance(item, dict):
            continue
        for method in _METHODS:
            described = item.get(method)
            if isinstance(described, dict):
                shared = item.get("parameters") or []
                parameters = [*shared, *(described.get("parameters") or [])]
                yield str(where), method, {**described, "parameters": parameters}


def _operation(
    where: str, method: str, described: dict[str, Any], document: dict[str, Any]
) -> Operation | None:
    """One request with sample values; None if a required value is not known."""
    schemas = Schemas(document)
    headers, query, path = list[tuple[str, str]](), list[str](), where
    for parameter in map(schemas.resolved, described["parameters"]):
        name, place = str(parameter.get("name", "")), parameter.get("in")
        value = schemas.parameter(parameter)
        if place == "path" and value is not None:
            path = path.replace(f"{{{name}}}", str(value))
        elif place == "header" and (parameter.get("required") or is_key(name)):
            headers.append((name, KEY if is_key(name) else str(value)))
        elif place == "query" and parameter.get("required"):
            query.append(f"{name}={value}")
    if re.search(r"\{[^}]*\}", path.replace(KEY, "")):
        return None
    body = schemas.body(described) if method in _BODY else None
    full = _base(document) + path + (f"?{'&'.join(query)}" if query else "")
    return Operation(method=method, path=full, headers=tuple(headers), body=body)


def _base(document: dict[str, Any]) -> str:
    servers = document.get("servers")
    if isinstance(servers, list) and servers and isinstance(servers[0], dict):
        with suppress(ValueError):  # not an address
            return urlsplit(str(servers[0].get("url", ""))).path.rstrip("/")
    return str(document.get("basePath", "")).rstrip("/")
