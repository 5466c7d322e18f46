"""Requests to the API server of one context; credentials and TLS are the client library's.

Answers are bytes: their few needed fields are decoded into records (`objects.py`), which takes a
tenth of the time of the library's own models. Each request has a time limit and is sent once.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import msgspec

from harness.errors import ConfigError, TargetError

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

MERGE: Final = "application/merge-patch+json"
JSON: Final = "application/json"
_LINE_BYTES_MAX: Final = 16_000_000
_CHUNK: Final = 65_536
_CONNECT_S: Final = 3.0


class ApiError(TargetError):
    """The API server refused a request. `status` is its code."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a request sends."""

    content: bytes
    kind: str = JSON


class _Status(msgspec.Struct, frozen=True):
    message: str = ""


class Connection:
    """The API server of one context. Safe from any thread."""

    def __init__(self, context: str, kubeconfig: str = "", limit_s: float = 15.0) -> None:
        self.context, self._kubeconfig, self._limit_s = context, kubeconfig, limit_s
        self._opening, self._client = threading.Lock(), None

    @property
    def server(self) -> str:
        """Its URL."""
        return str(self._api().configuration.host)

    @property
    def ca_digest(self) -> str:
        """The digest of the certificate by which the server is trusted; "" if there is none."""
        path = self._api().configuration.ssl_ca_cert
        if not path:
            return ""
        try:
            return f"sha256:{sha256(Path(path).read_bytes().strip()).hexdigest()}"
        except OSError as error:
            raise TargetError(f"{path}: cannot be read: {error.strerror}") from error

    def fresh_client(self) -> Any:  # noqa: ANN401  # the library has no types
        """A client of its own: the library changes the one that it streams with."""
        return _client_of(self.context, self._kubeconfig)

    def get(self, path: str, **query: str | int) -> bytes:
        """The answer of a GET. Raises ApiError, TargetError."""
        return self.send("GET", path, query=query)

    def patch(self, path: str, change: Mapping[str, Any]) -> bytes:
        """Merge a change into an object."""
        return self.send("PATCH", path, Body(content=json.dumps(change).encode(), kind=MERGE))

    def create(self, path: str, what: Mapping[str, Any]) -> bytes:
        """Create an object in a list."""
        return self.send("POST", path, Body(content=json.dumps(what).encode()))

    def delete(self, path: str, options: Mapping[str, Any] | None = None) -> bool:
        """Delete an object; False if there is none."""
        content = json.dumps(options or {}).encode()
        try:
            self.send("DELETE", path, Body(content=content))
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return False
            raise
        return True

    def send(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        query: Mapping[str, str | int] | None = None,
    ) -> bytes:
        """The whole answer. Raises ApiError, TargetError."""
        answer = self._ask(method, path, body, query or {})
        data = answer.data
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise ApiError(f"{method} {path}: {answer.status}: {_message(data)}", answer.status)
        return data

    def lines(self, path: str, silence_s: float | None, **query: str | int) -> Iterator[bytes]:
        """The lines of an answer that goes on (watch, logs). Raises ApiError, TargetError.

        `silence_s`: the longest time without a line; None where a log may be silent.
        """
        import urllib3  # noqa: PLC0415  # comes with the client library

        answer = self._ask("GET", path, None, query, silence_s=silence_s, whole=False)
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise ApiError(f"GET {path}: {answer.status}: {_message(answer.data)}", answer.status)
        rest = b""
        try:
            for chunk in answer.stream(_CHUNK):
                *whole, rest = (rest + chunk).split(b"\n")
                yield from whole
                if len(rest) > _LINE_BYTES_MAX:
                    raise TargetError(f"GET {path}: a line of more than {_LINE_BYTES_MAX} bytes")
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise TargetError(f"GET {path}: broke off: {error}") from error
        finally:
            answer.close()

    def _ask(
        self,
        method: str,
        path: str,
        body: Body | None,
        query: Mapping[str, str | int],
        *,
        silence_s: float | None = None,
        whole: bool = True,
    ) -> BaseHTTPResponse:
        import urllib3  # noqa: PLC0415  # comes with the client library

        api = self._api()
        url = f"{api.configuration.host}{path}" + (f"?{urlencode(query)}" if query else "")
        headers = {"Accept": JSON, "User-Agent": "squall", **_authorization(api)}
        if body is not None:
            headers["Content-Type"] = body.kind
        try:
            answer: BaseHTTPResponse = api.rest_client.pool_manager.request(
                method,
                url,
                body=None if body is None else body.content,
                headers=headers,
                timeout=urllib3.Timeout(
                    connect=_CONNECT_S, read=self._limit_s if whole else silence_s
                ),
                retries=False,
                preload_content=whole,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            text = f"the API server of {self.context} does not answer: {error}"
            raise TargetError(f"{method} {path}: {text}") from error
        return answer

    def _api(self) -> Any:  # noqa: ANN401  # the library has no types
        with self._opening:
            if self._client is None:
                self._client = _client_of(self.context, self._kubeconfig)
        return self._client


def _client_of(context: str, kubeconfig: str) -> Any:  # noqa: ANN401  # the library has no types
    """A client of that very context; a kubeconfig without it is an error. Raises ConfigError."""
    from kubernetes import config  # noqa: PLC0415  # takes two seconds and more

    where = kubeconfig or os.environ.get("KUBECONFIG", "~/.kube/config")
    try:
        return config.new_client_from_config(config_file=where, context=context)
    except (config.ConfigException, OSError, TypeError, ValueError) as error:
        fix = "set KUBECONFIG to the file that has the context"
        raise ConfigError(f"--context {context}: {where}: {error}; fix: {fix}") from error


def _authorization(api: Any) -> dict[str, str]:  # noqa: ANN401  # the library has no types
    """The header with the token, renewed by the library where the context asks for that."""
    found = {}
    for setting in api.configuration.auth_settings().values():
        if setting.get("in") == "header" and setting.get("value"):
            found[setting["key"]] = setting["value"]
    return found


def _message(data: bytes) -> str:
    try:
        return msgspec.json.decode(data, type=_Status).message[:500]
    except msgspec.MsgspecError:
        return data[:200].decode("utf-8", "replace")
