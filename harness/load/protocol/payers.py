"""The payer of a YAML scenario: creates, asks while the outcome is unknown, creates again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from harness.files.undecodable import UNDECODABLE
from harness.load.asked import ColumnType, Row
from harness.load.payer import Answer, Intent, Learned, Payer, Request, Wait, share
from harness.load.protocol.description import Create, Description, Said, Statuses, StatusRequest
from harness.load.protocol.reading import KEY, read_description
from harness.load.records import ErrorClass, Outcome

_UNSENT: Final = (ErrorClass.REFUSED, ErrorClass.CONNECT_TIMEOUT, ErrorClass.POOL)
_DONE, _REFUSED, _AGAIN, _UNKNOWN = "done", "refused", "again", "unknown"
_SETTLED: Final = "settled"  # the system says of the key itself that it was refused
_NUMBER: Final = "{number}"
_JSON: Final = ("Content-Type", "application/json")


class ProtocolPayers:
    """Makes the payer of each intent by a description of the API."""

    def __init__(self, description: Description) -> None:
        self._it = description
        create, status = description.create, description.status
        self._body = _body_template(create)
        self._headers = _headers(description.headers, create, json=not _is_text(create.body))
        self._status_headers = _headers(description.headers, status, json=False)
        self.names = (create.name,) if status is None else (create.name, status.name)
        self.asks = _Asked(description) if description.asked else None

    def payer(self, intent: Intent) -> Payer:
        """The payer of that intent; it gives up in time for the run's stop."""
        retry = self._it.retry
        until_s = min(intent.stop_s, intent.due_s + retry.give_up_s)
        create, status = self._create(intent), self._status(intent)
        request, unknown, attempt = create, False, 1
        while True:
            answer = yield request
            if answer is None:
                raise TypeError("a request is repaid with an answer")
            says = self._read(answer, asked=request is not create)
            unknown = unknown or says == _UNKNOWN
            outcome, final = _outcome(says, unknown=unknown)
            yield Learned(outcome, 0)
            following = self._next(create, status, request, unknown=unknown)
            if final or following is None or attempt >= retry.attempts:
                return outcome
            limit_s = min(retry.wait_max_s, retry.wait_s * 2.0 ** (attempt - 1))
            wait_s = share(intent.seed, intent.number, attempt) * limit_s
            if answer.at_s + wait_s >= until_s:
                return outcome
            yield Wait(wait_s)
            request, attempt = following, attempt + 1

    def _next(
        self, create: Request, status: Request | None, sent: Request, *, unknown: bool
    ) -> Request | None:
        """By turns while the outcome is unknown; None where nothing may be sent any more."""
        if not unknown:
            return create
        if status is not None and (sent is create or not self._it.retry.repeat):
            return status
        return create if self._it.retry.repeat else None

    def _create(self, intent: Intent) -> Request:
        it = self._it.create
        headers = tuple((name, _filled(text, intent)) for name, text in self._headers)
        body = _filled(self._body, intent).encode()
        return Request(it.name, it.method, _filled(it.path, intent), headers, body, effect=True)

    def _status(self, intent: Intent) -> Request | None:
        it = self._it.status
        if it is None:
            return None
        headers = tuple((name, _filled(text, intent)) for name, text in self._status_headers)
        return Request(it.name, it.method, _filled(it.path, intent), headers)

    def _read(self, answer: Answer, *, asked: bool) -> str:
        if answer.error is not ErrorClass.NONE:
            return _AGAIN if not asked and answer.error in _UNSENT else _UNKNOWN
        it: Create | StatusRequest | None = self._it.status if asked else self._it.create
        if it is None:
            return _UNKNOWN
        meaning = _meaning(it, answer.status)
        if meaning == _DONE and it.says is not None:
            return _said(it.says, answer.body)
        return _SETTLED if asked and meaning == _REFUSED else meaning


def payers_of(path: Path) -> ProtocolPayers:
    """The payers of a YAML scenario. Raises ConfigError."""
    return ProtocolPayers(read_description(path))


class _Asked:
    """The key and the declared fields of the body, the same for all intents."""

    def __init__(self, description: Description) -> None:
        self._fields = tuple(description.create.body[name] for name in description.asked)
        kinds: tuple[ColumnType, ...] = tuple(
            "integer" if isinstance(value, int) else "text" for value in self._fields
        )
        named = dict(zip(description.asked, kinds, strict=True))
        self.columns: Mapping[str, ColumnType] = {"key": "text", **named}

    def row(self, seed: int, intent: int, key: str) -> Row:
        del seed
        texts = (_put(v, key, intent) if isinstance(v, str) else v for v in self._fields)
        return key, *texts


def _outcome(says: str, *, unknown: bool) -> tuple[Outcome, bool]:
    """The outcome after an answer, and if it is final; a refusal settles no older attempt."""
    if says in (_DONE, _SETTLED):
        return Outcome.OK if says == _DONE else Outcome.FAIL, True
    if unknown:
        return Outcome.INFO, False
    return Outcome.FAIL, says == _REFUSED


def _meaning(it: Create | StatusRequest, status: int) -> str:
    """A number counts before its class."""
    lists: tuple[tuple[str, Statuses], ...] = (
        (_DONE, it.done),
        (_REFUSED, it.refused),
        (_AGAIN, getattr(it, "again", ())),
        (_UNKNOWN, it.unknown),
    )
    for wanted in (status, f"{status // 100}xx"):
        for meaning, statuses in lists:
            if wanted in statuses:
                return meaning
    return _UNKNOWN


def _said(says: Said, body: bytes) -> str:
    try:
        value: Any = msgspec.json.decode(body)
    except UNDECODABLE:
        return _UNKNOWN
    for name in says.field.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if value in says.done:
        return _DONE
    return _SETTLED if value in says.refused else _UNKNOWN


def _body_template(create: Create) -> str:
    if create.body is None:
        return ""
    if _is_text(create.body):
        return str(create.body)
    body = msgspec.json.decode(msgspec.json.encode(create.body))
    if create.key_field is not None:
        *names, last = create.key_field.split(".")
        within = body
        for name in names:
            within = within[name]
        within[last] = KEY
    return msgspec.json.encode(body).decode()


def _headers(
    common: Mapping[str, str], it: Create | StatusRequest | None, *, json: bool
) -> tuple[tuple[str, str], ...]:
    """A header of the request replaces a common one; the case of a name does not matter."""
    if it is None:
        return ()
    wanted = [*([_JSON] if json else []), *common.items(), *it.headers.items()]
    wanted += [(it.key_header, KEY)] if it.key_header is not None else []
    return tuple({name.lower(): (name, value) for name, value in wanted}.values())


def _is_text(body: Any) -> bool:  # noqa: ANN401  # any YAML value
    return body is None or isinstance(body, str)


def _filled(text: str, intent: Intent) -> str:
    return _put(text, intent.key, intent.number) if "{" in text else text


def _put(text: str, key: str, number: int) -> str:
    return text.replace(KEY, key).replace(_NUMBER, str(number))
