"""Runs `in_container.py` in a container: once, or as a session whose silence lets go of a pause."""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path
from typing import Any, Final

from harness.errors import FaultError, TargetError
from harness.targets.kubernetes.connection import Connection
from harness.targets.kubernetes.place import Place
from harness.targets.kubernetes.toolkit import limited

ANSWER_LIMIT_S: Final = 10.0
_PYTHON: Final = "python3"


class Session:
    """A pause that lasts as long as it is renewed. Raises FaultError, TargetError."""

    def __init__(self, connection: Connection, place: Place, pod: str, container: str) -> None:
        self._lock = threading.Lock()
        self._stream: Any = None
        self._at = (connection, place, pod, container)
        self.pod = pod

    def pause(self, lease_s: float) -> None:
        """Freeze the container."""
        self._stream = limited("exec", lambda: _opened(*self._at, "pause", str(lease_s)))
        word = limited("exec", lambda: _word(self._stream))
        if word != "paused":
            self.end()
            raise FaultError(f"{self.pod}: {word or 'the container said nothing'}")

    def renew(self) -> None:
        """Prolong it."""
        with self._lock:
            if self._stream is None or not self._stream.is_open():
                raise FaultError(f"{self.pod} is not paused (any more): no lease to renew")
            limited("exec", lambda: self._stream.write_stdin("\n") or True)

    def end(self) -> None:
        """Let go."""
        with self._lock:
            if self._stream is not None:
                _close(self._stream)
            self._stream = None


def run_once(connection: Connection, place: Place, pod: str, *words: str) -> str:
    """What it says. `words`: container, then what to do."""

    def call() -> str:
        stream = _opened(connection, place, pod, *words)
        try:
            return _word(stream)
        finally:
            _close(stream)

    said: str = limited("exec", call)
    if not said:
        raise TargetError(f"{pod}: {words[0]} said nothing; has it python3?")
    return said


def _opened(connection: Connection, place: Place, pod: str, container: str, *words: str) -> Any:  # noqa: ANN401  # the library has no types
    from kubernetes import client, stream  # noqa: PLC0415  # takes seconds

    api = client.CoreV1Api(connection.fresh_client())
    return stream.stream(
        api.connect_get_namespaced_pod_exec,
        pod,
        place.namespace,
        container=container,
        command=[_PYTHON, "-I", "-c", _text(), *words],
        stdin=True,
        stdout=True,
        stderr=True,
        tty=False,
        _preload_content=False,
        _request_timeout=ANSWER_LIMIT_S,
    )


def _close(stream: Any) -> None:  # noqa: ANN401  # the library has no types
    """Also the socket: the library leaves it open when the other side has ended the session."""
    stream.close()
    stream.sock.shutdown()


def _word(stream: Any) -> str:  # noqa: ANN401  # the library has no types
    """The first line, of standard output or of the error that prevented it."""
    stream.update(timeout=ANSWER_LIMIT_S)
    line = str(stream.readline_stdout(timeout=ANSWER_LIMIT_S) or "")
    return line.strip() or f"cannot: {str(stream.read_stderr(timeout=0.1) or '').strip()[-300:]}"


@cache
def _text() -> str:
    return Path(__file__).with_name("in_container.py").read_text(encoding="utf-8")
