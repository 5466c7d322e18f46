"""The shape of Chaos Toolkit's part of an experiment file: one record for each kind of mapping."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

HYPOTHESIS: Final = "steady-state-hypothesis"
PAUSE_MAX_S: Final = 3600
Title = Annotated[str, Meta(min_length=1, max_length=1000, examples=["The database dies"])]
Seconds = Annotated[float, Meta(ge=0, le=PAUSE_MAX_S, description="s", examples=[10])]
Timeout = Annotated[float, Meta(gt=0, le=PAUSE_MAX_S, description="s", examples=[10])]
Variable = Annotated[str, Meta(pattern=r"\A\$\{[^}]+\}\Z", description="${name}")]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping of the file."""


class Pauses(_Part, frozen=True, kw_only=True):
    """How long Chaos Toolkit waits around an activity."""

    before: Seconds | Variable | None = None
    after: Seconds | Variable | None = None


class ControlProvider(_Part, frozen=True, kw_only=True):
    """The module of a control."""

    type: Literal["python"]
    module: Annotated[str, Meta(min_length=1, max_length=300)]
    arguments: dict[str, Any] = {}
    secrets: tuple[str, ...] | None = None


class Control(_Part, frozen=True, kw_only=True):
    """A control: code that runs around activities."""

    name: Title
    provider: ControlProvider | None = None
    ref: str | None = None
    scope: Literal["before", "after"] | None = None
    automatic: bool = True


class Activity(_Part, frozen=True, kw_only=True):
    """An action or a probe."""

    type: Literal["action", "probe"]
    name: Title
    provider: dict[str, Any]
    pauses: Pauses | None = None
    background: bool = False
    timeout: Timeout | None = None
    tolerance: Any = None
    controls: tuple[Control, ...] = ()


class Reference(_Part, frozen=True, kw_only=True):
    """Another activity of the file, by its name."""

    ref: Title


class PythonProvider(_Part, frozen=True, kw_only=True):
    """A function of an importable module."""

    type: Literal["python"]
    module: Annotated[
        str,
        Meta(
            pattern=r"\A[A-Za-z_]\w*(\.[A-Za-z_]\w*)*\Z",
            max_length=300,
            description="a module's dotted name",
            examples=["harness.chaos.actions"],
        ),
    ]
    func: Annotated[
        str,
        Meta(
            pattern=r"\A[A-Za-z_]\w*\Z",
            max_length=200,
            description="a function's name",
            examples=["inject_kill"],
        ),
    ]
    arguments: dict[str, Any] = {}
    secrets: tuple[str, ...] | None = None


class ProcessProvider(_Part, frozen=True, kw_only=True):
    """A program."""

    type: Literal["process"]
    path: Annotated[str, Meta(min_length=1, max_length=4000, examples=["curl"])]
    arguments: str | list[Any] | dict[str, Any] | None = None
    timeout: Timeout | None = None
    secrets: tuple[str, ...] | None = None


class HttpProvider(_Part, frozen=True, kw_only=True):
    """A request."""

    type: Literal["http"]
    url: Annotated[
        str, Meta(min_length=1, max_length=4000, examples=["http://127.0.0.1:18080/health"])
    ]
    method: Annotated[str, Meta(pattern=r"\A[A-Za-z]{1,20}\Z", examples=["GET"])] = "GET"
    headers: dict[str, str | int | float] | None = None
    arguments: Any = None
    timeout: Timeout | Variable | list[Timeout] | None = None
    verify_tls: bool = True
    max_retries: Annotated[int, Meta(ge=0, le=10, examples=[0])] = 0
    secrets: tuple[str, ...] | None = None


class Regex(_Part, frozen=True, kw_only=True):
    """A tolerance by pattern."""

    type: Literal["regex"]
    pattern: Annotated[str, Meta(max_length=1000)]
    target: str | None = None


class JsonPath(_Part, frozen=True, kw_only=True):
    """A tolerance by JSON path."""

    type: Literal["jsonpath"]
    path: Annotated[str, Meta(min_length=1, max_length=1000)]
    expect: Any = None
    count: int | None = None
    target: str | None = None


class Range(_Part, frozen=True, kw_only=True):
    """A tolerance between two numbers."""

    type: Literal["range"]
    range: Annotated[list[float], Meta(min_length=2, max_length=2, examples=["[0, 10]"])]
    target: str | None = None


class Hypothesis(_Part, frozen=True, kw_only=True):
    """What must hold before and after the method."""

    title: Title
    probes: tuple[dict[str, Any], ...] = ()
    controls: tuple[Control, ...] = ()


class TopLevel(_Part, frozen=True, kw_only=True, rename={"steady_state_hypothesis": HYPOTHESIS}):
    """The keys of an experiment file."""

    title: Title
    description: Annotated[str, Meta(min_length=1, max_length=20_000)]
    method: Annotated[tuple[dict[str, Any], ...], Meta(max_length=200)]
    extensions: Annotated[tuple[dict[str, Any], ...], Meta(min_length=1, max_length=50)]
    version: str | float | None = None
    contributions: dict[str, str] | None = None
    tags: tuple[Title, ...] = ()
    configuration: dict[str, Any] | None = None
    secrets: dict[str, dict[str, Any]] | None = None
    steady_state_hypothesis: Hypothesis | None = None
    rollbacks: Annotated[tuple[dict[str, Any], ...], Meta(max_length=200)] = ()
    controls: tuple[Control, ...] = ()
