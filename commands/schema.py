"""`squall schema`: the JSON Schemas of the files, for editors and pipelines."""

from __future__ import annotations

from pathlib import Path

import click

from commands.options import streams
from harness.errors import ConfigError, RefusedError


@click.command()
@click.argument("name", required=False)
@click.option(
    "--write",
    "folder",
    type=click.Path(path_type=Path),
    help="Write every schema into this folder, as NAME.schema.json.",
)
def schema(name: str | None, folder: Path | None) -> int:
    """Print the JSON Schema of a file by NAME; without a name, list the names."""
    import msgspec

    from harness.files.problems import nearest
    from harness.files.whole_file import write_whole
    from reports.schemas import SCHEMAS
    from reports.schemas import schema as schema_of

    if name is not None and name not in SCHEMAS:
        raise ConfigError(f"no schema {name[:60]!r}; {nearest(name, SCHEMAS)}")

    def text(of: str) -> bytes:
        return msgspec.json.format(msgspec.json.encode(schema_of(of)), indent=1)

    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for one in (name,) if name is not None else tuple(SCHEMAS):
                write_whole(folder / f"{one}.schema.json", text(one) + b"\n")
        except OSError as error:
            raise RefusedError(f"{folder}: cannot be written: {error.strerror}") from error
    elif name is None:
        streams().json(msgspec.json.encode(sorted(SCHEMAS)))
    else:
        streams().json(text(name))
    return 0
