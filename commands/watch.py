"""`squall watch`: load on a system that runs already, and a verdict on somebody else's fault."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from commands.judging import judge_run
from commands.load_options import rate_scale, seed, workers
from commands.locust_options import locust_options
from commands.options import ROOT, as_json, clock, runs_dir, state, watcher
from harness.errors import ConfigError, after_start


@click.command()
@click.option("--url", help="Where load is sent to, for example http://127.0.0.1:9000.")
@click.option(
    "--system",
    "system_path",
    type=click.Path(path_type=Path),
    help="System file instead of --url, with its deployment file for the target attached.",
)
@click.option(
    "--deployment",
    "deployment_path",
    type=click.Path(path_type=Path),
    help="Deployment file of --system  [default: deploy/attached.yaml beside it or above it]",
)
@click.option("--scenario", required=True, help="A scenario's name, or the path of a Locust file.")
@click.option("--for", "duration", default="10m", show_default=True, help="90s, 10m or 1h.")
@click.option(
    "--good-latency-ms",
    type=click.FloatRange(1, 600_000),
    default=1000,
    show_default=True,
    help="An operation is good if it is ok within this time.",
)
@click.option(
    "--good-target",
    type=click.FloatRange(0.5, 1),
    default=0.99,
    show_default=True,
    help="The share that must be good before the fault, for the run to count.",
)
@click.option(
    "--objective",
    "objectives",
    multiple=True,
    metavar="METRIC<=NUMBER",
    help="May be repeated.  [default: stable_recovery_s<=60]",
)
@seed
@rate_scale
@workers
@locust_options
@runs_dir
@as_json
def watch(**given: Any) -> int:  # noqa: ANN401  # click hands over what the options parsed
    """Put load on a system that is up; `squall mark` says when a fault is on.

    Nothing is started, stopped or faulted. A fault that is not marked makes the run INVALID.
    """
    from harness.run.from_arguments import order_from
    from harness.run.lifecycle import run
    from harness.run.run_state import Tools
    from harness.run.watch_files import write_watch
    from reports.checks.own_before import refuse_wrong_own_checks
    from reports.measures.metric_table import metric_units

    place = state()
    experiment, files = write_watch(_asked(given), place)
    words = {k: given[k] for k in ("seed", "rate_scale", "workers", "runs_dir", "locust")}
    order = order_from(
        ROOT,
        experiment=str(experiment),
        scenario=None,
        files=files,
        metrics=metric_units(),
        **words,
    )
    refuse_wrong_own_checks(order.system, order.system_path)
    order = replace(order, again=shlex.join(["squall", *sys.argv[1:]]))
    folder = run(order, Tools(clock=clock(), state=place, watcher=watcher()))
    with after_start():
        return judge_run(folder.root, as_json=given["as_json"])


def _asked(given: dict[str, Any]) -> Any:  # noqa: ANN401  # imported where it is used
    from harness.load.scenario import planned_word
    from harness.run.watch_files import USUAL_OBJECTIVE, Watch, seconds_of
    from harness.system import system_files

    url, system = given["url"], given["system_path"]
    if (url is None) == (system is None):
        raise ConfigError("give either --url or --system: what is to be watched")
    files = None
    if system is not None:
        files = system_files(system, given["deployment_path"], "attached")
    return Watch(
        url=url,
        files=files,
        scenario=planned_word(given["scenario"]),
        for_s=seconds_of(given["duration"]),
        good_latency_ms=given["good_latency_ms"],
        good_target=given["good_target"],
        objectives=given["objectives"] or (USUAL_OBJECTIVE,),
    )
