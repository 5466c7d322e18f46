"""One HTTP answer out of the bytes that a connection brings, by llhttp and no more than is asked.

Neither httptools nor geventhttpclient has an answer as such; their books on headers would cost
more than the payer itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

_FIRST_FINAL: Final = 200  # below are interim answers
_FRAMED_BY: Final = ("content-length", "transfer-encoding")


class NotHttpError(Exception):
    """The received bytes are not an HTTP answer."""


class HeaderLines(Mapping[str, str]):
    """Headers by their names in lower case, read when one is asked for; the last of a name counts.

    Most answers are never asked for any.
    """

    __slots__ = ("_lines",)

    def __init__(self, lines: list[tuple[bytes, bytes]]) -> None:
        self._lines = lines

    def __getitem__(self, name: str) -> str:
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def _read(self) -> dict[str, str]:
        return {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in self._lines}


class AnswerParser:
    """One connection's answers; `feed` it until it is `complete`, and tell it of each `question`.

    Interim answers (1xx) are passed over. `status`, `body` and `headers` are those of the answer.
    """

    __slots__ = (
        "_in_body",
        "_lines",
        "_parser",
        "_pieces",
        "body",
        "complete",
        "headers",
        "may_stay",
        "status",
    )

    def __init__(self) -> None:
        self._parser = HttpResponseParser(self)
        self.question()

    def question(self) -> None:
        """An answer is awaited. `may_stay`: after it, the connection can carry another request."""
        self.complete, self.may_stay = False, False
        self._in_body = False
        self._lines: list[tuple[bytes, bytes]] = []
        self._pieces: list[bytes] = []

    def feed(self, block: bytes) -> None:
        """The next bytes. Raises NotHttpError."""
        try:
            self._parser.feed_data(block)
        except (HttpParserError, HttpParserUpgrade) as error:
            self.may_stay = False
            if not self.complete:  # else it is what came after the answer
                raise NotHttpError(str(error)) from error

    def ends_whole(self) -> bool:
        """The connection has ended: a body without a length is whole, any other is cut off."""
        headers = HeaderLines(self._lines)
        if not self.complete and self._in_body and not any(n in headers for n in _FRAMED_BY):
            self.on_message_complete()
        self.may_stay = False
        return self.complete

    # The parser calls what follows; a body may come in pieces, a header line comes whole.

    def on_message_begin(self) -> None:
        """The first message, one after an interim message, or an unexpected one."""
        self.may_stay = False
        if not self.complete:
            self._lines, self._pieces, self._in_body = [], [], False

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header line."""
        self._lines.append((name, value))

    def on_headers_complete(self) -> None:
        """The body follows."""
        self._in_body = True

    def on_body(self, piece: bytes) -> None:
        """A part of the body."""
        self._pieces.append(piece)

    def on_message_complete(self) -> None:
        """The answer, if it is the final one and the first of its kind."""
        status = self._parser.get_status_code()
        if status >= _FIRST_FINAL and not self.complete:
            self.complete, self.status = True, status
            self.may_stay = bool(self._parser.should_keep_alive())  # it knows only in here
            pieces = self._pieces
            self.body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
            self.headers: Mapping[str, str] = HeaderLines(self._lines)
