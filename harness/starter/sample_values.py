"""Sample values for the parameters and bodies that an OpenAPI document describes."""

from __future__ import annotations

import re
from typing import Any, Final

# Replaced by the key of the intent when the scenario is written.
KEY: Final = "@key@"
_KEY_NAME: Final = re.compile(
    r"idempoten|^(x-)?request-?id$|^(key|reference|external_?id)$", re.IGNORECASE
)
_MAX_DEPTH: Final = 6
_FORMATS: Final = {
    "uuid": "00000000-0000-4000-8000-000000000001",
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "email": "user@example.com",
    "uri": "https://example.com",
}


def is_key(name: str) -> bool:
    """Whether a header or field of that name makes requests of one intent recognisable."""
    return bool(_KEY_NAME.search(name))


class Schemas:
    """The schemas of one document. Values that refer to each other end at a fixed depth."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def resolved(self, described: object) -> dict[str, Any]:
        """The object that a `$ref` refers to; an empty one if it is missing."""
        for _ in range(_MAX_DEPTH):
            if not isinstance(described, dict):
                return {}
            reference = described.get("$ref")
            if not isinstance(reference, str):
                return described
            described = self._at(reference)
        return {}

    def parameter(self, described: dict[str, Any]) -> object:
        """A value for a parameter; None if the document gives no hint for a path parameter."""
        for source in (described, self.resolved(described.get("schema"))):
            for key in ("example", "default"):
                if key in source:
                    return source[key]
            if source.get("enum"):
                return source["enum"][0]
        if described.get("in") == "path":
            return KEY if is_key(str(described.get("name", ""))) else None
        return self._value(described.get("schema") or described, "", 0)

    def body(self, described: dict[str, Any]) -> object:
        """A JSON body for the operation; None if it takes none."""
        request = self.resolved(described.get("requestBody"))
        content = request.get("content")
        if isinstance(content, dict):
            media = self.resolved(content.get("application/json"))
            if "example" in media:
                return media["example"]
            return self._value(media.get("schema"), "", 0) if media else None
        for parameter in described.get("parameters", []):  # Swagger 2
            found = self.resolved(parameter)
            if found.get("in") == "body":
                return self._value(found.get("schema"), "", 0)
        return None

    def _at(self, reference: str) -> object:
        found: Any = self._document
        for step in reference.removeprefix("#/").split("/"):
            found = found.get(step) if isinstance(found, dict) else None
        return found

    def _value(self, described: object, name: str, depth: int) -> object:
        schema = self.resolved(described)
        if name and is_key(name):
            return KEY
        for key in ("example", "default", "const"):
            if key in schema:
                return schema[key]
        if schema.get("enum"):
            return schema["enum"][0]
        if depth > _MAX_DEPTH:
            return None
        for key in ("allOf", "oneOf", "anyOf"):
            if schema.get(key):
                return self._joined(schema[key] if key == "allOf" else schema[key][:1], depth)
        return self._of_type(schema, depth)

    def _joined(self, parts: list[Any], depth: int) -> object:
        values = [self._value(part, "", depth + 1) for part in parts]
        objects = [value for value in values if isinstance(value, dict)]
        return {k: v for part in objects for k, v in part.items()} if objects else values[0]

    def _of_type(self, schema: dict[str, Any], depth: int) -> object:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next((k for k in kind if k != "null"), None)
        properties = schema.get("properties")
        if kind == "object" or isinstance(properties, dict):
            fields = properties if isinstance(properties, dict) else {}
            needed = schema.get("required") or list(fields)
            keys = [n for n in fields if n in needed or is_key(n)]
            return {n: self._value(fields[n], n, depth + 1) for n in keys}
        if kind == "array":
            return [self._value(schema.get("items"), "", depth + 1)]
        if kind in ("integer", "number"):
            return schema.get("minimum", 1)
        if kind == "boolean":
            return True
        text = _FORMATS.get(str(schema.get("format")), "text")
        return text.ljust(int(schema.get("minLength") or 0), "x")
