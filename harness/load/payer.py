"""A payer: one intent as a pure generator that either driver carries to the system.

It yields a `Request` and is sent its `Answer`; for that it yields what it has `Learned`, and then
a `Wait` before the next request, or it ends. It has no clock, no randomness and no network.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple, Protocol

from harness.load.asked import Asks
from harness.load.records import ErrorClass, Outcome


class Request(NamedTuple):
    """What is sent. `effect`: if it succeeds, the system's records must show it."""

    name: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    effect: bool = False


class Answer(NamedTuple):
    """The result of a request: a status, or an error. Header names are lower case.

    `at_s` is the end of the attempt in seconds since the run's zero: the payer's only clock.
    """

    status: int
    error: ErrorClass
    body: bytes = b""
    headers: Mapping[str, str] = {}
    at_s: float = 0.0


class Wait(NamedTuple):
    """How long the payer waits before its next request."""

    seconds: float


class Learned(NamedTuple):
    """What the payer knows after an attempt, and the digest of a final answer (0: not final)."""

    outcome: Outcome
    digest: int


Step = Request | Wait | Learned
Payer = Generator[Step, Answer | None, Outcome]


class Intent(NamedTuple):
    """One arrival: what a payer is made for. Times are seconds since the run's zero."""

    seed: int
    number: int
    key: str
    due_s: float
    stop_s: float


class Payers(Protocol):
    """Makes the payer of each intent: what a scenario of the lean engine states as `PAYERS`."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all requests that the payers make."""

    @property
    def asks(self) -> Asks | None:
        """What each intent asks of the system; None where that is not declared."""

    def payer(self, intent: Intent) -> Payer:
        """The payer of that intent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a payer keeps trying. Waits are drawn evenly from 0 to a doubling limit.

    `habit`: the request name that a payer repeats while the outcome is unknown; empty: by turns.
    """

    max_attempts: int = 20
    give_up_s: float = 40.0
    backoff_s: float = 0.1
    backoff_max_s: float = 4.0
    habit: str = ""


def share(seed: int, intent: int, draw: int) -> float:
    """An even draw from 0 to 1, the same for the same arguments on every machine and worker."""
    return hash_of(f"{seed}/{intent}/{draw}") / 2**128


def hash_of(text: str) -> int:
    """128 bits that the text alone decides."""
    return int.from_bytes(blake2b(text.encode(), digest_size=16).digest(), "big")
