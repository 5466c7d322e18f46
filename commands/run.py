"""`squall run`: run an experiment and judge it."""

from __future__ import annotations

from typing import Any

import click

from commands.judging import judge_run
from commands.locust_options import locust_options
from commands.options import ROOT, as_json, clock, runs_dir, state, system_file, watcher
from commands.outlets import outlets
from harness.errors import after_start


@click.command()
@click.argument("experiment")
@click.option("--seed", type=click.IntRange(0, 2**53 - 1), default=11, show_default=True)
@click.option("--scenario", help="Another scenario: a name, or the path of a Locust file.")
@click.option("--rate-scale", type=click.FloatRange(0.01, 100), default=1.0, show_default=True)
@click.option(
    "--workers",
    type=click.IntRange(1, 32),
    default=1,
    show_default=True,
    help="Load processes that share the schedule; one holds 2,000 payments/s.",
)
@click.option(
    "--slo",
    "slos",
    multiple=True,
    help="An SLO document: a name of objectives/, or a path. May be given several times.",
)
@click.option(
    "--fault-later",
    type=click.FloatRange(0, 600),
    default=0.0,
    help="Let the fault start so many seconds later than the experiment says.",
)
@outlets
@locust_options
@runs_dir
@system_file
@as_json
def run(**given: Any) -> int:  # noqa: ANN401  # click hands over what the options parsed
    """Run EXPERIMENT (a name, or a path to a Chaos Toolkit file) and judge it."""
    from harness.run.adaptation import Adaptation
    from harness.run.from_arguments import order_from
    from harness.run.lifecycle import run
    from harness.run.run_state import Tools
    from reports.measures.metric_table import metric_units

    later = Adaptation(later_s=given.pop("fault_later"))
    words = {k: v for k, v in given.items() if k not in ("as_json", "outlets")}
    order = order_from(ROOT, **words, metrics=metric_units(), adaptation=later)
    tools = Tools(clock=clock(), state=state(), watcher=watcher())
    folder = run(order, tools)
    with after_start():
        return judge_run(folder.root, as_json=given["as_json"], outlets=given["outlets"])
