"""One HTTP answer out of the bytes that a connection brings, by llhttp and no more than is asked.

Not geventhttpclient's own response class: its books on headers cost more than the payer itself.
"""

from __future__ import annotations

from typing import Final

from geventhttpclient._parser import HTTPParseError, HTTPResponseParser

from harness.records import ErrorClass
from scenarios.payment_payers import Answer

_FIRST_FINAL: Final = 200  # below are interim answers


class AnswerParser(HTTPResponseParser):
    """`feed` it blocks until there is an `answer`; interim ones (1xx) are passed over."""

    def __init__(self) -> None:
        super().__init__()
        self.answer: Answer | None = None
        self._surplus = False
        self._begin()

    def ends_whole(self) -> bool:
        """The connection has ended: a body without a length is whole, any other is cut off."""
        try:
            self.feed(b"")
        except HTTPParseError:
            return False
        return self.answer is not None

    def may_stay(self) -> bool:
        """Whether the connection can carry another request: it is open, and nothing came after."""
        return not self._surplus and bool(self.should_keep_alive())

    def _begin(self) -> None:
        self._names: list[str] = []
        self._values: list[str] = []
        self._body: list[bytes] = []
        self._in_name = False

    # llhttp calls what follows; any part of a message may come in pieces.

    def _on_message_begin(self) -> None:
        self._surplus = self.answer is not None
        self._begin()

    def _on_status(self, _: str) -> None:
        pass

    def _on_header_field(self, piece: str) -> None:
        if self._in_name:
            self._names[-1] += piece
        else:
            self._in_name = True
            self._names.append(piece)
            self._values.append("")

    def _on_header_value(self, piece: str) -> None:
        self._in_name = False
        self._values[-1] += piece

    def _on_headers_complete(self) -> None:
        pass

    def _on_body(self, piece: bytes) -> None:
        self._body.append(bytes(piece))

    def _on_message_complete(self) -> None:
        status = self.get_code()
        if status >= _FIRST_FINAL and self.answer is None:
            names = [name.lower() for name in self._names]
            headers = dict(zip(names, self._values, strict=True))
            self.answer = Answer(status, ErrorClass.NONE, b"".join(self._body), headers)
