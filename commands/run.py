"""`squall run`: run experiments and judge them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from commands.judging import judge_run
from commands.load_options import rate_scale, seed, workers
from commands.locust_options import locust_options
from commands.options import (
    ROOT,
    as_json,
    clock,
    dry_run,
    experiments_known,
    runs_dir,
    show_plan,
    state,
    system_file,
    watcher,
)
from commands.outlets import outlets
from harness.errors import after_start

if TYPE_CHECKING:
    from harness.run.order import Order


@click.command()
@click.argument("experiments", nargs=-1, metavar="EXPERIMENT...", shell_complete=experiments_known)
@click.option("--all", "every", is_flag=True, help="All experiments of this checkout, in turn.")
@click.option(
    "--no-fault",
    is_flag=True,
    help="A control run: the same load, and nothing is done to the system.",
)
@click.option(
    "--phases",
    default="",
    metavar="NAME=SECONDS,...",
    help="Other lengths: fault_s=5,recovery_s=20.",
)
@click.option(
    "--objective",
    "objectives",
    multiple=True,
    metavar="METRIC<=NUMBER",
    help="Instead of the experiment's own objectives. May be repeated.",
)
@seed
@click.option("--scenario", help="Another scenario: a name, or the path of a Locust file.")
@rate_scale
@workers
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
@dry_run
@locust_options
@runs_dir
@system_file
@as_json
def run(**given: Any) -> int:  # noqa: ANN401  # click hands over what the options parsed
    """Run each EXPERIMENT (a name, or a path to a Chaos Toolkit file) and judge it.

    Several are run one after the other and have one summary; the exit code is 1 if one FAILs,
    else 3 if one is INVALID.
    """
    from reports.checks.own_before import refuse_wrong_own_checks

    names = _names(given.pop("experiments"), every=given.pop("every"))
    orders = [order_of(name, dict(given)) for name in names]  # all are checked before one starts
    refuse_wrong_own_checks(orders[0].system, orders[0].system_path)  # the system of all of them
    if given["dry_run"]:
        return _show_plans(orders, given)
    if len(orders) == 1:
        folder = _lived(orders[0])
        with after_start():
            return judge_run(folder.root, as_json=given["as_json"], outlets=given["outlets"])
    if given["outlets"]:
        raise click.UsageError("--outlet: give one EXPERIMENT; `squall gate` writes those of many")
    from commands.several import run_several

    return run_several(orders, _lived, as_json=given["as_json"])


def _show_plans(orders: list[Order], given: dict[str, Any]) -> int:
    """Print what these runs would write and fault."""
    from harness.run.dry_run import planned, planned_faults, planned_load

    load = [one for o in orders for one in planned_load(o)]
    faults = [f for o in orders for f in planned_faults(o.experiment, o.system, o.seed)]
    show_plan((*planned(given["files"], state()), *load, *faults), as_json=given["as_json"])
    return 0


def order_of(name: str, given: dict[str, Any]) -> Order:
    """What is to be run, checked. Raises ConfigError."""
    from dataclasses import replace

    from harness.run.adaptation import Adaptation
    from harness.run.from_arguments import order_from
    from harness.run.listing import experiment_path
    from harness.run.overrides import Overrides, write_changed
    from reports.measures.metric_table import metric_units

    words = {
        key: value for key, value in given.items() if key not in ("as_json", "outlets", "dry_run")
    }
    overrides = Overrides(
        phases=words.pop("phases"),
        objectives=words.pop("objectives"),
        no_fault=words.pop("no_fault"),
    )
    words["adaptation"] = Adaptation(later_s=words.pop("fault_later"))
    if not overrides.words:
        return order_from(ROOT, experiment=name, **words, metrics=metric_units())
    changed = str(write_changed(experiment_path(ROOT, name), overrides, state()))
    order = order_from(ROOT, experiment=changed, **words, metrics=metric_units())
    return replace(order, again=overrides.typed_again(order.again, changed, name))


def _lived(order: Order) -> Any:  # noqa: ANN401  # the run's folder, imported where it is used
    from harness.run.lifecycle import run
    from harness.run.run_state import Tools

    return run(order, Tools(clock=clock(), state=state(), watcher=watcher()))


def _names(given: tuple[str, ...], *, every: bool) -> tuple[str, ...]:
    """Raises UsageError for none, or for names beside --all."""
    if every and given:
        raise click.UsageError("give either EXPERIMENT or --all")
    if every:
        from harness.run.listing import experiment_names

        return tuple(experiment_names(ROOT))
    if not given:
        raise click.UsageError("Missing argument 'EXPERIMENT...'; `squall validate` lists them")
    return given
