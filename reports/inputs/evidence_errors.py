"""Why a fetched file is not a table: the first row that is not as declared."""

from __future__ import annotations

import csv
from pathlib import Path

import msgspec

from harness.files.undecodable import UNDECODABLE


def why_not(came: Path | None, kind: type[msgspec.Struct]) -> str:
    """Why the judge cannot use it. `came` is the file as it was fetched, None if there is none."""
    if came is None:
        return "was not fetched"
    decode = _check_csv if came.suffix == ".csv" else _check_ndjson
    try:
        decode(came, kind)
    except (*UNDECODABLE, OSError, ValueError, csv.Error) as error:
        return f"cannot be read: {error}"
    return "cannot be read: it could not be stored as a table"


def _check_ndjson(came: Path, kind: type[msgspec.Struct]) -> None:
    msgspec.json.Decoder(kind).decode_lines(came.read_bytes())


def _check_csv(came: Path, kind: type[msgspec.Struct]) -> None:
    with came.open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream, strict=True)
        for row in rows:
            try:
                msgspec.convert(row, kind, strict=False)
            except msgspec.ValidationError as error:
                raise ValueError(f"{error} (line {rows.line_num})") from error
