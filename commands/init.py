"""`squall init`: write the first files for your own system."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from harness.starter.answers import Given


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
@click.option("--url", default="", help="Address of a system that runs already.")
@click.option(
    "--start", default="", metavar="COMMAND", help="Command that starts it; {port} is its port."
)
@click.option("--name", default="", help="Name of the service.")
@click.option(
    "--health", default="/", show_default=True, help="Path that answers 200 when it works."
)
@click.option(
    "--openapi",
    type=click.Path(path_type=Path),
    help="OpenAPI document: a task for each operation.",
)
@click.option("--github", "service", flag_value="github", help="With `ci`: GitHub Actions.")
@click.option("--gitlab", "service", flag_value="gitlab", help="With `ci`: GitLab CI.")
@click.option("--jenkins", "service", flag_value="jenkins", help="With `ci`: a Jenkinsfile.")
def init(folder: Path, openapi: Path | None, service: str | None, **given: str) -> int:
    """Write a system file, deployment file, scenario and experiment into FOLDER.

    `squall init ci --github` writes a pipeline file for these into the current folder instead.
    """
    if service is not None:
        return _pipeline(folder, service)
    from harness.starter.answers import Given, checked
    from harness.starter.next_commands import next_commands
    from harness.starter.operations import LOOK, Documented, read_openapi
    from harness.starter.write import write_files

    answered = _asked(Given(**given))
    found = (
        Documented(operations=(LOOK,), left_out=()) if openapi is None else read_openapi(openapi)
    )
    answers = checked(answered, found.operations)
    for path in write_files(folder, answers, found.left_out):
        click.echo(f"wrote  {path}")
    for line in next_commands(folder, answers):
        click.echo(line)
    return 0


def _pipeline(word: Path, service: str) -> int:
    from harness.starter.pipelines import write_pipeline

    if str(word) != "ci":
        raise click.UsageError(f"--{service} belongs to `squall init ci --{service}`")
    for path in write_pipeline(Path(), service):
        click.echo(f"wrote  {path}")
    return 0


def _asked(given: Given) -> Given:
    """Ask for the address or the command if neither is given and a person can answer."""
    if given.url or given.start or not sys.stdin.isatty():
        return given
    start = click.prompt("Command that starts the system ({port} is its port; empty: it runs)", "")
    if start:
        return replace(given, start=start)
    return replace(given, url=click.prompt("Address", "http://127.0.0.1:8080"))
