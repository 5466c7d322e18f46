"""Options and outputs that several commands share."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.shell_completion import CompletionItem

from harness.view.streams import Streams

if TYPE_CHECKING:  # a command imports only what it needs: help must not wait for the rest
    from harness.clock import Clock
    from harness.safety.state import State
    from harness.view.terminal import Watcher

ROOT: Final = Path(__file__).resolve().parents[1]
EXIT: Final = {"PASS": 0, "FAIL": 1, "INVALID": 3, "INCONCLUSIVE": 4}
USAGE, INVALID = 2, 3
_NAME: Final = "squall"

as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")


def _folder(ctx: click.Context, param: click.Parameter, path: Path) -> Path:
    """A folder, or one that is not there yet."""
    del ctx, param
    if os.path.lexists(path) and not os.path.isdir(path):  # noqa: PTH112  # a loop of links too
        from harness.files.problems import shown

        raise click.UsageError(f"--runs-dir {shown(str(path))}: is not a folder; name a folder")
    return path


runs_dir = click.option(
    "--runs-dir",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="Folder in which runs are stored.",
    is_eager=True,
    callback=_folder,
)
_SYSTEM = click.option(
    "--system",
    "system_path",
    type=click.Path(path_type=Path),
    default=ROOT / "reference_services" / "system.yaml",
    help="System file  [default: the reference payment system]",
)
_DEPLOYMENT = click.option(
    "--deployment",
    "deployment_path",
    type=click.Path(path_type=Path),
    help="Deployment file  [default: deploy/<target>.yaml beside the system file or above it]",
)
_TARGET = click.option(
    "--target", help="Where the system runs: local, attached, kubernetes, module:Class."
)
_PLACE = {
    "context": click.option("--context", help="kubernetes: the context of the cluster; required."),
    "namespace": click.option("--namespace", help="kubernetes: the namespace; required."),
    "overlay": click.option("--overlay", help="kubernetes: the overlay that is applied."),
}


def _run_of(context: click.Context, argument: click.Parameter, word: str) -> Path:
    """`latest` is looked for in --runs-dir, which is parsed first."""
    del argument
    from harness.run.listing import run_path

    return run_path(word, context.params.get("runs_dir") or Path("runs"))


def _runs_known(
    context: click.Context, argument: click.Parameter, begun: str
) -> list[CompletionItem]:
    """For the completion of a shell: paths of runs, `latest`, and `EXPERIMENT/latest`."""
    del argument
    from harness.run.listing import LATEST, stored_runs

    runs = stored_runs(context.params.get("runs_dir") or Path("runs"))
    names = {f"{run.experiment}/{LATEST}" for run in runs}
    words = [LATEST, *sorted(names), *(run.path for run in runs)]
    return [CompletionItem(word) for word in words if word.startswith(begun)]


def stored_experiments(
    context: click.Context, argument: click.Parameter, begun: str
) -> list[CompletionItem]:
    """For the completion of a shell: experiments of which a run is stored."""
    del argument
    from harness.run.listing import stored_runs

    runs = stored_runs(context.params.get("runs_dir") or Path("runs"))
    names = sorted({run.experiment for run in runs})
    return [CompletionItem(name) for name in names if name.startswith(begun)]


def experiments_known(
    context: click.Context, argument: click.Parameter, begun: str
) -> list[CompletionItem]:
    """For the completion of a shell: experiments by name, and files."""
    del context, argument
    from harness.run.listing import experiment_names

    named = [CompletionItem(name) for name in experiment_names(ROOT) if name.startswith(begun)]
    return named or [CompletionItem(begun, type="file")]


# The folder of a stored run, also as `latest` or EXPERIMENT/latest; beside it, `runs_dir`.
given_run = click.argument("run_path", metavar="RUN", callback=_run_of, shell_complete=_runs_known)


dry_run = click.option(
    "--dry-run", is_flag=True, help="Print the objects that would be written; write nothing."
)


def show_plan(plans: tuple[Any, ...], *, as_json: bool) -> None:
    """Print what a dry run has found."""
    import msgspec

    from harness.run.dry_run import text_of

    if as_json:
        streams().json(msgspec.json.format(msgspec.json.encode(plans), indent=1))
    else:
        click.echo(text_of(plans))


def system_file(command: Callable[..., int]) -> Callable[..., int]:
    """--system, --deployment, --target and its place, handed over as one argument `files`."""

    @wraps(command)
    def with_files(
        *rest: Any,  # noqa: ANN401  # click hands over what the options parsed
        system_path: Path,
        deployment_path: Path | None,
        target: str | None,
        **given: Any,  # noqa: ANN401  # as above
    ) -> int:
        from harness.system import system_files

        place = {name: value for name in _PLACE if (value := given.pop(name))}
        files = system_files(system_path, deployment_path, target, place)
        return command(*rest, files=files, **given)

    for option in _PLACE.values():
        with_files = option(with_files)
    return _SYSTEM(_DEPLOYMENT(_TARGET(with_files)))


def program() -> str:
    """What a person types here for `squall`: the wrapper of the checkout, if PATH has none."""
    if shutil.which(_NAME):
        return _NAME
    wrapper = ROOT / _NAME
    if not wrapper.is_file():
        return _NAME
    return f"./{_NAME}" if Path.cwd() == ROOT else shlex.quote(str(wrapper))


def streams() -> Streams:
    """The standard streams of this process."""
    found = click.get_current_context().find_object(Streams)
    return found or Streams()


def show(records: tuple[Any, ...], *, as_json: bool) -> None:
    """Print records as JSON, or as a table with a column for each field."""
    import msgspec

    from harness.inert_text import encodable
    from harness.view.output import show_records

    if as_json:
        told = encodable(msgspec.to_builtins(records))
        streams().json(msgspec.json.format(msgspec.json.encode(told), indent=1))
    else:
        show_records(records)


def watcher() -> Watcher:
    """The view of a run: live on a terminal, else lines."""
    from harness.view.output import live_console
    from harness.view.terminal import watcher_for

    return watcher_for(live_console(sys.stderr))


def clock() -> Clock:
    """The clocks of this machine."""
    from harness.clock import SystemClock

    return SystemClock()


def state() -> State:
    """The state folder of this user. Raises RefusedError."""
    from harness.safety.state import open_state

    return open_state()
