"""The fields of a YAML scenario and their ranges."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

NAME_LENGTH: Final = 60
_Rate = Annotated[float, Meta(gt=0, le=100_000, description="per second", examples=[100])]
_Seconds = Annotated[float, Meta(ge=0, le=86_400, description="seconds", examples=[10])]
_Name = Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH, examples=["order"])]
_Path = Annotated[str, Meta(pattern="^/[!-~]*$", description="begins with /", examples=["/orders"])]
_Field = Annotated[str, Meta(pattern=r"^[^.\s]+(\.[^.\s]+)*$", examples=["data.id"])]
_HeaderName = Annotated[str, Meta(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", examples=["X-Key"])]
_HeaderValue = Annotated[str, Meta(pattern=r"^[\t\x20-\x7e]*$", description="one line of ASCII")]
_Headers = dict[_HeaderName, _HeaderValue]
_Code = Annotated[int, Meta(ge=100, le=599, examples=[200])]
_Class = Annotated[str, Meta(pattern="^[1-5]xx$", description="a class", examples=["2xx"])]
Status = _Code | _Class
Statuses = tuple[Status, ...]


class SteadyRate(msgspec.Struct, frozen=True, kw_only=True):
    """The same rate all the time."""

    per_s: _Rate


class RisingRate(msgspec.Struct, frozen=True, kw_only=True):
    """A straight line from one rate to another."""

    from_per_s: _Rate
    to_per_s: _Rate
    rise_s: _Seconds


class SpikeRate(msgspec.Struct, frozen=True, kw_only=True):
    """From a base up to a plateau and back."""

    base_per_s: _Rate
    peak_per_s: _Rate
    rise_at_s: _Seconds
    rise_s: _Seconds
    hold_s: _Seconds
    fall_s: _Seconds


class CurveChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Exactly one of them."""

    steady: SteadyRate | None = None
    rise: RisingRate | None = None
    spike: SpikeRate | None = None


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a JSON answer that says what became of the intent; other values: not known yet."""

    field: _Field
    done: tuple[str, ...]
    refused: tuple[str, ...] = ()


class Create(msgspec.Struct, frozen=True, kw_only=True):
    """The request that has the effect. A status in no list leaves the outcome unknown."""

    path: _Path
    done: Annotated[Statuses, Meta(min_length=1)]
    refused: Statuses = ()
    again: Statuses = ()
    unknown: Statuses = ()
    method: Literal["POST", "PUT", "PATCH"] = "POST"
    name: _Name = "create"
    headers: _Headers = {}
    body: Any = None
    key_header: _HeaderName | None = None
    key_field: _Field | None = None
    says: Said | None = None


class StatusRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The question that is sent while the outcome is unknown."""

    path: _Path
    done: Annotated[Statuses, Meta(min_length=1)]
    refused: Statuses = ()
    unknown: Statuses = ()
    method: Literal["GET", "HEAD"] = "GET"
    name: _Name = "status"
    headers: _Headers = {}
    key_header: _HeaderName | None = None
    says: Said | None = None


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """How long an intent keeps trying; `repeat`: the create request may be sent again."""

    attempts: Annotated[int, Meta(ge=1, le=100, examples=[5])] = 5
    wait_s: Annotated[float, Meta(ge=0.001, le=60, examples=[0.1])] = 0.1
    wait_max_s: Annotated[float, Meta(ge=0.001, le=60, examples=[4])] = 4.0
    give_up_s: Annotated[float, Meta(gt=0, le=3600, examples=[40])] = 40.0
    repeat: bool = True


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """A YAML scenario. `asked` names fields of the body that a check compares with the records."""

    curve: CurveChoice
    create: Create
    status: StatusRequest | None = None
    retry: Retry = Retry()
    headers: _Headers = {}
    asked: tuple[_Name, ...] = ()
    engine: Literal["locust", "lean"] = "locust"
