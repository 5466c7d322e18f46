"""`squall seal`: pack a run into one file with a manifest, and sign it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from commands.options import as_json, streams
from harness.errors import RefusedError


@click.command()
@click.argument("run_path", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--output", type=click.Path(path_type=Path), help="File  [default: NAME-TIME.tar]")
@click.option(
    "--key", type=click.Path(path_type=Path), help="SSH private key that signs the manifest."
)
@click.option("--owner", default="", help="Who answers for the system.")
@click.option("--remediation", default="", help="What is to be done, or where it is tracked.")
@click.option("--retest", default="", help="When it is tested again.")
@as_json
def seal(
    run_path: Path, output: Path | None, key: Path | None, as_json: bool, **responsible: str
) -> int:
    """Pack RUN into one file: manifest, digests, scope, verdict; signed if a key is given."""
    from harness.files.real_path import real_path
    from harness.store import RunFolder
    from harness.store import as_json as stored_form
    from reports.pack.manifest import Responsible
    from reports.pack.write import write_pack

    folder = RunFolder(run_path)
    real = real_path(run_path)
    target = output or Path(f"{real.parent.name}-{real.name}.tar")
    sealed_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        manifest = write_pack(folder, target, Responsible(**responsible), sealed_at, key)
    except OSError as error:
        raise RefusedError(f"{target}: cannot be written: {error.strerror}") from error
    if as_json:
        streams().json(stored_form(manifest))
    else:
        signed = "signed" if key is not None else "not signed"
        streams().talk(f"squall: {manifest.verdict}, {len(manifest.files)} files, {signed}")
        click.echo(str(target))
    return 0
