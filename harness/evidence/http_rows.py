"""Rows of a table over HTTP: one answer, or all pages of a list."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import msgspec

from harness.evidence.declared import HttpSource

MAX_BYTES: Final = 4_000_000_000
MAX_PAGE_BYTES: Final = 256_000_000
VERSION: Final = "Evidence-Version"
_CHUNK: Final = 1 << 20
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A whole table: the form of its file, and the version that the source stated before it."""

    form: str
    version: str


class HttpRows:
    """Reads one table. `headers` have their variables replaced; `given_up` ends a long answer."""

    def __init__(
        self, source: HttpSource, headers: Mapping[str, str], given_up: threading.Event
    ) -> None:
        self._source, self._headers, self._given_up = source, dict(headers), given_up
        self._total = 0

    def version(self, address: str) -> str:
        """The version that the source states now; "" if it states none. Raises as `write`."""
        with self._asked("HEAD", address) as answer:
            return answer.headers.get(VERSION, "")

    def write(self, address: str, stem: Path) -> Fetched:
        """Write `<stem>.<form>`. Raises OSError, HTTPException, ValueError; then it leaves no file.

        `address` is the whole URL.
        """
        self._total = 0
        source = self._source
        if source.format == "json" or source.page:
            return self._write_pages(address, stem)
        with self._asked("GET", address) as answer:
            is_csv = answer.headers.get_content_type() == "text/csv"
            form = source.format or ("csv" if is_csv else "ndjson")
            path = stem.with_name(f"{stem.name}.{form}")
            with _whole(path) as out:
                for chunk in self._chunks(answer):
                    out.write(chunk)
            return Fetched(form=form, version=answer.headers.get(VERSION, ""))

    def _write_pages(self, address: str, stem: Path) -> Fetched:
        path, version = stem.with_name(f"{stem.name}.ndjson"), ""
        with _whole(path) as out:
            for number, (stated, rows) in enumerate(self._pages(address)):
                version = stated if number == 0 else version
                for row in rows:
                    out.write(_encode(row) + b"\n")
        return Fetched(form="ndjson", version=version)

    def _pages(self, address: str) -> Iterator[tuple[str, list[Any]]]:
        """Each page's stated version and rows. A page that comes twice is an error."""
        source, seen, before = self._source, {address}, b""
        for number in range(source.pages_max):
            at = _with_page(address, source.page, source.first_page + number)
            with self._asked("GET", at) as answer:
                raw = b"".join(self._chunks(answer, MAX_PAGE_BYTES))
                version = answer.headers.get(VERSION, "")
            rows, following = self._rows(raw)
            if source.page and rows and raw == before:
                raise ValueError(f"the server ignores {source.page!r}: two pages are the same")
            yield version, rows
            before = raw
            if source.page:
                if not rows:
                    return
                continue
            if not following:
                return
            address = _same_host(address, following)
            if address in seen:
                raise ValueError("the address of the next page leads back to an earlier one")
            seen.add(address)
        raise ValueError(f"more than {source.pages_max} pages")

    def _rows(self, raw: bytes) -> tuple[list[Any], str]:
        try:
            if self._source.format != "json":
                return msgspec.json.Decoder().decode_lines(raw), ""
            document = msgspec.json.decode(raw)
        except RecursionError:
            raise ValueError("the document is nested too deeply") from None
        rows = _at(document, self._source.pointer)
        if not isinstance(rows, list):
            place = self._source.pointer or "the top"
            raise ValueError(f"no list at {place} of the document")  # noqa: TRY004  # the answer is wrong
        following = _at(document, self._source.next) if self._source.next else ""
        if following and not isinstance(following, str):
            raise ValueError(f"no address at {self._source.next}")  # likewise
        return rows, following or ""

    def _chunks(self, answer: http.client.HTTPResponse, most: int = MAX_BYTES) -> Iterator[bytes]:
        of_answer = 0
        while chunk := answer.read(_CHUNK):
            of_answer += len(chunk)
            self._total += len(chunk)
            if of_answer > most or self._total > MAX_BYTES:
                raise ValueError(f"more than {min(most, MAX_BYTES)} bytes")
            if self._given_up.is_set():
                raise ValueError("given up")
            yield chunk
        if answer.length:  # http.client does not raise when an answer ends before its length
            raise ValueError(f"broke off, {answer.length} bytes before its end")

    @contextmanager
    def _asked(self, method: str, address: str) -> Iterator[http.client.HTTPResponse]:
        """The answer, if it is 200."""
        parts = urlsplit(address)
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        connection = kind(parts.hostname or "", parts.port, timeout=self._source.timeout_s)
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(method, target, headers=self._headers)
            answer = connection.getresponse()
            if answer.status != http.HTTPStatus.OK:
                raise ValueError(f"answered {answer.status}")
            yield answer
        finally:
            connection.close()


@contextmanager
def _whole(path: Path) -> Iterator[Any]:
    """A file that is there only if all of it was written."""
    try:
        with path.open("wb") as out:
            yield out
    except BaseException:  # any error: a part of a table is not kept
        path.unlink(missing_ok=True)
        raise


def _at(document: Any, pointer: str) -> Any:  # noqa: ANN401  # any JSON document
    """The value at a JSON pointer (RFC 6901); None if there is none."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(document, list) and name.isdigit() and int(name) < len(document):
            document = document[int(name)]
        elif isinstance(document, dict):
            document = document.get(name)
        else:
            return None
    return document


def _with_page(address: str, name: str, number: int) -> str:
    if not name:
        return address
    parts = urlsplit(address)
    query = [(key, value) for key, value in parse_qsl(parts.query) if key != name]
    return parts._replace(query=urlencode([*query, (name, number)])).geturl()


def _same_host(address: str, following: str) -> str:
    """The next page's whole address. Headers may hold a secret: it must be the same server."""
    joined = urljoin(address, following)
    if urlsplit(joined)[:2] != urlsplit(address)[:2]:
        raise ValueError("the address of the next page is on another server")
    return joined
