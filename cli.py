"""Composition root: parse, build, call, print; no logic."""

from __future__ import annotations

import os
import sys

# Before anything else is imported: a module of the user (current folder, PYTHONPATH) must not take
# the place of one that we mean.
_HERE = os.path.dirname(os.path.abspath(__file__))
_FOREIGN = {"", *os.environ.get("PYTHONPATH", "").split(os.pathsep), *sys.path[:1]}
sys.path[:] = [_HERE, *(p for p in sys.path if p not in _FOREIGN or p.startswith(sys.prefix))]

from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from harness.errors import after_start
from harness.streams import Streams

ROOT: Final = Path(__file__).resolve().parent
EXIT: Final = {"PASS": 0, "FAIL": 1, "INVALID": 3, "INCONCLUSIVE": 4}
USAGE, INVALID = 2, 3

as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
runs_dir = click.option(
    "--runs-dir", type=click.Path(path_type=Path), default=Path("runs"), show_default=True
)
system_file = click.option(
    "--system",
    "system_path",
    type=click.Path(path_type=Path),
    default=ROOT / "reference_services" / "system.yaml",
    help="System file  [default: the reference payment system]",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="squall", message="squall %(version)s")
def squall() -> None:
    """Proves, before the real storm does, that a payments platform keeps every cent."""


@squall.command()
@click.argument("experiment")
@click.option("--seed", type=click.IntRange(0, 2**53 - 1), default=11, show_default=True)
@click.option("--scenario", help="Another scenario than the experiment names.")
@click.option("--rate-scale", type=click.FloatRange(0.01, 100), default=1.0, show_default=True)
@click.option(
    "--workers",
    type=click.IntRange(1, 32),
    default=1,
    show_default=True,
    help="Load processes that share the schedule; one holds 2,000 payments/s.",
)
@runs_dir
@system_file
@as_json
def run(**given: Any) -> int:  # noqa: ANN401  # click hands over what the options parsed
    """Run EXPERIMENT (a name, or a path to a Chaos Toolkit file) and judge it."""
    from harness.ordering import order_from
    from harness.run import Tools, run
    from reports.objectives import metric_units

    words = {k: v for k, v in given.items() if k != "as_json"}
    order = order_from(ROOT, **words, metrics=metric_units())
    tools = Tools(clock=_clock(), state=_state(), watcher=_watcher())
    folder = run(order, tools)
    with after_start():
        return _judge(folder.root, as_json=given["as_json"])


@squall.command()
@click.argument("run_path", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--usage", is_flag=True, help="CPU by process at the peak, instead of the verdict.")
@click.option("--intent", help="The story of one payment (its key, or the key's beginning).")
@as_json
def report(run_path: Path, usage: bool, intent: str | None, as_json: bool) -> int:
    """Judge a stored run again: the same verdict.json, byte for byte."""
    if usage or intent:
        from harness.store import RunFolder
        from reports.details import intent_story, usage_table

        folder = RunFolder(run_path)
        for damage in folder.check_seal().damage:
            _streams().talk(f"squall: {damage}")
        rows = intent_story(folder, intent) if intent else usage_table(folder)
        _say(rows, as_json=as_json)
        return 0
    return _judge(run_path, as_json=as_json)


@squall.command()
@runs_dir
@as_json
def runs(runs_dir: Path, as_json: bool) -> int:
    """List the stored runs, oldest first."""
    from harness.catalogue import stored_runs

    _say(stored_runs(runs_dir), as_json=as_json)
    return 0


@squall.command()
@click.argument("experiments", nargs=-1)
@system_file
@as_json
def validate(experiments: tuple[str, ...], system_path: Path, as_json: bool) -> int:
    """Check experiment files (default: all of them) against the system file."""
    from harness.catalogue import experiment_names
    from harness.ordering import check, read_all
    from reports.objectives import metric_units

    names = experiments or tuple(experiment_names(ROOT))
    found = read_all(ROOT, names, system_path, metric_units())
    _say(tuple(map(check, found)), as_json=as_json)
    return 0


@squall.command()
@runs_dir
@system_file
@as_json
def doctor(runs_dir: Path, system_path: Path, as_json: bool) -> int:
    """Find what would stop a run, before it starts."""
    from harness.ordering import diagnose

    findings = diagnose(runs_dir, system_path, _state())
    _say(findings, as_json=as_json)
    return 0 if all(finding.ok for finding in findings) else USAGE


@squall.command()
@click.argument("row", required=False)
@click.option("--rounds", type=click.IntRange(1, 50), help="Instead of the row's own number.")
@click.option("--install-peers", is_flag=True, help="Build the peers first (needs Go).")
@click.option("--write", type=click.Path(path_type=Path), help="Put the table into a document.")
@as_json
def bench(
    row: str | None, rounds: int | None, install_peers: bool, write: Path | None, as_json: bool
) -> int:
    """Measure ROW (default: all) beside its peers, in interleaved rounds."""
    from benchmarks import peers
    from benchmarks.catalogue import row_names, run_rows
    from benchmarks.rendering import machine, write_table

    talk = _streams().talk
    for said in peers.install() if install_peers else ():
        talk(said)
    talk(machine())
    keep = partial(write_table, write, order=row_names()) if write else bool
    results = run_rows((row,) if row else row_names(), rounds, talk, keep)
    _say(results, as_json=as_json)
    return 0


@squall.command()
@as_json
def heal(as_json: bool) -> int:
    """Undo what a killed run has left behind, and verify it."""
    from harness.services import heal_now

    healed = heal_now(_state(), _clock())
    _say(healed.records, as_json=as_json)
    if healed.kept:
        _streams().talk("squall: a system is up and is kept; `squall services down` ends it")
    return INVALID if healed.failed else 0


@squall.group()
def services() -> None:
    """Hold the system under test without a run (for bare `chaos run` and `locust -f`)."""


@services.command()
@system_file
@as_json
def up(system_path: Path, as_json: bool) -> int:
    """Start the system and leave it running."""
    from harness.services import bring_up

    _say(bring_up(system_path, _state()), as_json=as_json)
    return 0


@services.command()
@as_json
def down(as_json: bool) -> int:
    """Stop the system that `services up` started."""
    from harness.services import take_down

    _say(take_down(_state()), as_json=as_json)
    return 0


@services.command()
@as_json
def status(as_json: bool) -> int:
    """Instances and edges as they are now."""
    from harness.services import look

    _say(look(_state()), as_json=as_json)
    return 0


def main() -> None:
    """Run the command line; every outcome has its own exit code, independent of the reader."""
    from harness.stopping import Stopped, stoppable

    streams = Streams()
    try:
        with stoppable():
            code = int(squall(standalone_mode=False, obj=streams) or 0)
    except (Exception, Stopped, KeyboardInterrupt) as error:  # noqa: BLE001  # the process's edge
        code = _fail(streams, error)
    if streams.lost:
        streams.talk(f"squall: a part of the output could not be written: {streams.lost}")
    sys.exit(code)


def _judge(path: Path, *, as_json: bool) -> int:
    from harness.output import show_lines
    from harness.store import RunFolder
    from reports.judge import document, judge, write
    from reports.render.words import closing_lines

    folder = RunFolder(path)
    scorecard = judge(folder)
    stored = _shown(folder.report)
    try:
        write(folder, scorecard)
    except OSError as error:
        stored = f"not stored: {error.strerror}"
        _streams().talk(f"squall: {folder.verdict}: {stored}")
    if as_json:
        _streams().json(document(scorecard))
    else:
        show_lines(closing_lines(scorecard, stored))
    return EXIT[scorecard.verdict]


def _shown(path: Path) -> str:
    """As short as it can be typed here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _say(records: tuple[Any, ...], *, as_json: bool) -> None:
    """The records as JSON, or as a table with a column for each field."""
    import msgspec

    from harness.output import show_records

    if as_json:
        _streams().json(msgspec.json.format(msgspec.json.encode(records), indent=1))
    else:
        show_records(records)


def _streams() -> Streams:
    found = click.get_current_context().find_object(Streams)
    return found or Streams()


def _watcher() -> Any:  # noqa: ANN401  # rich is imported only when it is needed
    from harness.output import live_console
    from harness.watching import watcher_for

    return watcher_for(live_console(sys.stderr))


def _clock() -> Any:  # noqa: ANN401  # as above
    from harness.clock import SystemClock

    return SystemClock()


def _state() -> Any:  # noqa: ANN401  # as above
    from harness.safety.state import open_state

    return open_state()


def _fail(streams: Streams, error: BaseException) -> int:
    """Say what went wrong, with --json also as the one document; returns the exit code."""
    from harness.endings import as_document, ending, wants_json

    lines, code = ending(error)
    if wants_json(sys.argv) and not streams.said_json:
        streams.json(as_document(lines, code))
    for line in lines:
        streams.talk(f"squall: {line}")
    return code


if __name__ == "__main__":
    main()
