"""The options of how much load is offered, for `run` and `watch`."""

from __future__ import annotations

import click

seed = click.option(
    "--seed",
    type=click.IntRange(0, 2**53 - 1),
    default=11,
    show_default=True,
    help="Draws the arrivals: the same seed gives the same arrivals.",
)
rate_scale = click.option(
    "--rate-scale",
    type=click.FloatRange(0.01, 100),
    default=None,
    help="Multiplies the scenario's rates.  [default: rate_scale of the deployment file, or 1]",
)
workers = click.option(
    "--workers",
    type=click.IntRange(1, 32),
    default=1,
    show_default=True,
    help="Load processes that share the schedule; one holds 2,000 payments/s.",
)
