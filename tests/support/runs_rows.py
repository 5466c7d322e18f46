"""Rows as the services of a built run hand them out: NDJSON, or CSV as PostgreSQL writes it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import msgspec


def csv_lines(rows: Sequence[msgspec.Struct]) -> bytes:
    """As PostgreSQL's COPY writes them: an empty text in quotes, nothing where there is nothing."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    text.write(",".join(rows[0].__struct_fields__) + "\n")
    writer.writerows([getattr(row, name) for name in row.__struct_fields__] for row in rows)
    return text.getvalue().encode()


def ndjson_lines(rows: Iterable[object]) -> bytes:
    return msgspec.json.Encoder().encode_lines(rows)
