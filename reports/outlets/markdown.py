"""Markdown: the summary of a pipeline step, and the text of one comment that is kept up to date."""

from __future__ import annotations

import re
from typing import Final

from reports.outlets.base import MOST_ROWS, MOST_TEXT, shortened
from reports.outlets.summary import Case, VerdictSummary

_MEANS: Final = {
    "PASS": "every limit holds and every checked record is right",
    "FAIL": "a limit is missed or a record is wrong",
    "INCONCLUSIVE": "more repeats are needed for a decision",
    "INVALID": "this test proves nothing; repeat it under the stated conditions",
}
# What Markdown or HTML would act on; a mention or a reference would notify people.
_ACTIVE: Final = re.compile(r"([\\`*_{}\[\]<>()#+!|~@&])")


def markdown(summary: VerdictSummary) -> bytes:
    """Verdict, reasons, a table of cases, and how to repeat it."""
    parts = [
        f"### {summary.verdict}: {escaped(summary.name)}",
        f"{_MEANS[summary.verdict]}",
        "\n".join(f"- {escaped(text)}" for text in summary.reasons),
        _table(summary.cases),
        "\n".join(f"- remark: {escaped(text)}" for text in summary.remarks),
        _again(summary),
    ]
    return (_whole([part for part in parts if part]) + "\n").encode()


def comment(summary: VerdictSummary) -> bytes:
    """The same text behind a hidden mark, by which a bot finds the comment to replace."""
    mark = re.sub(r"[^A-Za-z0-9._-]", "-", summary.name)
    return f"<!-- squall:{mark} -->\n".encode() + markdown(summary)


def escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _ACTIVE.sub(r"\\\1", text)


def _table(cases: tuple[Case, ...]) -> str:
    if not cases:
        return ""
    rows = [
        f"| {escaped(case.name)} | {escaped(case.detail)} | {case.state} |"
        for case in cases[:MOST_ROWS]
    ]
    if len(cases) > MOST_ROWS:
        rows.append(f"| and {len(cases) - MOST_ROWS} more | | |")
    return "\n".join(("| what | seen | verdict |", "|---|---|---|", *rows))


def _again(summary: VerdictSummary) -> str:
    """Repeats it; a backtick inside would end the code."""
    if not summary.again:
        return ""
    fence = "``" if "`" in summary.again else "`"
    return f"Again: {fence}{summary.again}{fence}"


def _whole(parts: list[str]) -> str:
    """As many whole parts as fit."""
    text = ""
    for part in parts:
        longer = f"{text}\n\n{part}" if text else part
        if len(longer.encode()) > MOST_TEXT:
            return f"{text}\n\n(shortened)" if text else shortened(part, MOST_TEXT // 4)
        text = longer
    return text
