"""What the exception of a Locust request says: the class of the error, and what is known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.load.records import ErrorClass, Outcome

_MOST_CAUSES: Final = 8
_UNSENT: Final = (ErrorClass.REFUSED, ErrorClass.CONNECT_TIMEOUT)
_BY_NAME: Final = (
    ("ConnectTimeout", ErrorClass.CONNECT_TIMEOUT),
    ("Timeout", ErrorClass.READ_TIMEOUT),
    ("HTTPConnectionClosed", ErrorClass.RESET),
    ("RemoteDisconnected", ErrorClass.RESET),
    ("Protocol", ErrorClass.PROTOCOL),
    ("Parse", ErrorClass.PROTOCOL),
)


def judge(exception: object, status: int) -> tuple[Outcome, ErrorClass]:
    """What the user knows: a 4xx is a refusal; any other failure leaves the outcome unknown."""
    if exception is None:
        return Outcome.OK, ErrorClass.NONE
    if status:
        refused = 400 <= status < 500  # noqa: PLR2004  # HTTP's own classes
        return (Outcome.FAIL if refused else Outcome.INFO), ErrorClass.NONE
    error = error_class(exception)
    return (Outcome.FAIL if error in _UNSENT else Outcome.INFO), error


def error_class(exception: object) -> ErrorClass:
    """The first known class among the exception and its causes; OTHER without one."""
    for cause in _causes(exception):
        found = _known(cause)
        if found is not None:
            return found
    return ErrorClass.OTHER


def _known(cause: BaseException) -> ErrorClass | None:
    if isinstance(cause, ConnectionRefusedError):
        return ErrorClass.REFUSED
    if isinstance(cause, ConnectionResetError | BrokenPipeError):
        return ErrorClass.RESET
    if isinstance(cause, TimeoutError):
        return ErrorClass.READ_TIMEOUT
    name = type(cause).__name__
    return next((found for word, found in _BY_NAME if word in name), None)


def _causes(exception: object) -> Iterator[BaseException]:
    """The innermost first: an outer library names what it wraps less exactly."""
    chain: list[BaseException] = []
    todo: list[object] = [exception]
    while todo and len(chain) < _MOST_CAUSES:
        one = todo.pop(0)
        if isinstance(one, BaseException) and one not in chain:
            chain.append(one)
            todo += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
    return reversed(chain)
