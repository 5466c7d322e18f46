"""Options of `run` and `watch` that are passed on to Locust."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from harness.run.order import LocustOptions

LOCUST_OPTIONS: Final = ("users", "spawn_rate", "locust_ui", "workers_at", "load")
_PORTS: Final = (1024, 65_535)
_USERS: Final = "Users of a file without OpenLoop."
_SPAWN_RATE: Final = "Users that Locust starts per second, without OpenLoop."
_WORKERS_AT: Final = "Wait here for --workers Locust workers of other machines: HOST:PORT."
_LOAD: Final = "Where the load workers run: here, or as Jobs beside the system (kubernetes)."
_LOADS: Final = ("local", "in-cluster")
_UI: Final = "Serve Locust's web UI on this port of the loopback address during the run."


def locust_options(command: Callable[..., int]) -> Callable[..., int]:
    """Add the options to a command, which gets them as one argument `locust`."""

    @wraps(command)
    def with_locust(**given: Any) -> int:  # noqa: ANN401  # click hands over what was parsed
        locust = locust_of({name: given.pop(name) for name in LOCUST_OPTIONS})
        return command(locust=locust, **given)

    users = click.IntRange(1, 2_000)
    rate = click.FloatRange(0.01, 1_000)
    added: Callable[..., int] = with_locust
    for add in (
        click.option(
            "--load", type=click.Choice(_LOADS), default="local", show_default=True, help=_LOAD
        ),
        click.option("--workers-at", default="", callback=_host_and_port, help=_WORKERS_AT),
        click.option("--locust-ui", type=click.IntRange(*_PORTS), metavar="PORT", help=_UI),
        click.option("--spawn-rate", type=rate, default=1.0, show_default=True, help=_SPAWN_RATE),
        click.option("--users", type=users, default=1, show_default=True, help=_USERS),
    ):
        added = add(added)
    return added


def locust_of(given: Mapping[str, Any]) -> LocustOptions:
    """What was given."""
    from harness.run.order import LocustOptions

    return LocustOptions(
        users=given["users"],
        spawn_rate=given["spawn_rate"],
        locust_ui=given["locust_ui"] or 0,
        workers_at=given["workers_at"],
        load=given["load"],
    )


def _host_and_port(context: click.Context, option: click.Parameter, word: str) -> str:
    """Empty, or a host and a port from 1024 to 65535."""
    del context, option
    host, _, port = word.rpartition(":")
    if word and not (host and port.isdecimal() and _PORTS[0] <= int(port) <= _PORTS[1]):
        raise click.BadParameter(f"{word}: write HOST:PORT, for example 10.0.0.1:5557")
    return word
