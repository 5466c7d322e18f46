"""What Squall changes in Locust's HTTP clients, in the load process only.

`effect=True` is accepted by every method; each request notes when it was sent; and a request is
sent once: geventhttpclient repeats a GET, PUT or DELETE by itself when the connection is closed,
which would show in the system's records and in no record of ours.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any, Final

import gevent
from geventhttpclient import client as geventhttpclient_client
from geventhttpclient.connectionpool import ConnectionPool
from locust.clients import HttpSession
from locust.contrib.fasthttp import FastHttpSession

from harness.load.locust.intent import current
from harness.load.locust.recording import SENT, Recording, Sent, effect_of
from harness.load.locust.request_costs import spare_work

_PEEK: Final = socket.MSG_PEEK | socket.MSG_DONTWAIT


def record_clients(recording: Recording) -> None:
    """Have HttpUser's and FastHttpUser's clients say what they send."""
    geventhttpclient_client._may_retry_after_send_error = _never  # noqa: SLF001  # it has no option
    spare_work()
    pool: Any = ConnectionPool
    pool._is_socket_alive = _alive(pool._is_socket_alive)  # noqa: SLF001  # as above
    kinds: tuple[Any, ...] = (FastHttpSession, HttpSession)
    for kind in kinds:
        kind.request = _recorded(kind.request, recording)


def _recorded(request: Callable[..., Any], recording: Recording) -> Callable[..., Any]:
    def recorded(
        self: Any,  # noqa: ANN401  # Locust is untyped
        method: str,
        url: str,
        *arguments: Any,  # noqa: ANN401  # as above
        effect: bool = False,
        **options: Any,  # noqa: ANN401  # as above
    ) -> Any:  # noqa: ANN401  # as above
        intent = current()
        if intent is None:
            return request(self, method, url, *arguments, **options)
        intent.begin()
        sent = Sent(time.monotonic_ns(), effect_of(intent, method, declared=effect))
        intent.claimed = intent.claimed or sent.effect
        context = options.get("context")
        options["context"] = {**context, SENT: sent} if context else {SENT: sent}
        try:
            return request(self, method, url, *arguments, **options)
        except gevent.GreenletExit:
            recording.cut(intent, sent, options.get("name") or url)
            raise

    return recorded


def _alive(usual: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Whether an idle connection can be used: it has neither ended nor anything to read.

    geventhttpclient asks gevent's `select`, which gives way to all other greenlets at each call.
    """

    def alive(pool: Any, connection: Any) -> bool:  # noqa: ANN401  # as above
        plain = getattr(connection, "_sock", None)
        if plain is None or hasattr(connection, "pending"):  # TLS reads by itself
            return usual(pool, connection)
        try:
            plain.recv(1, _PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    return alive


def _never(method: str) -> bool:
    del method
    return False
