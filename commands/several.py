"""Several experiments in turn, with one summary and one exit code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from commands.judging import judged
from commands.options import EXIT, INVALID, streams
from harness.errors import HarnessError, RefusedError, after_start

if TYPE_CHECKING:
    from harness.run.order import Order
    from harness.store import RunFolder
    from reports.verdict.scorecard import Scorecard


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the summary; `verdict` is INVALID for a run that broke off."""

    experiment: str
    verdict: str
    told: str
    run: str


def run_several(
    orders: Sequence[Order], live: Callable[[Order], RunFolder], *, as_json: bool
) -> int:
    """Run them one after the other; a run that breaks off does not keep the others from running.

    Raises RefusedError where the machine is not free: then no later one could start.
    """
    rows: list[Ran] = []
    documents: list[msgspec.Raw] = []
    try:
        for number, order in enumerate(orders, start=1):
            streams().talk(f"-- {number} of {len(orders)}: {order.experiment.name}")
            rows.append(_one(order, live, documents, as_json=as_json))
    finally:
        if not as_json and rows:
            _summary(rows, len(orders))
    if as_json:
        streams().json(msgspec.json.encode({"runs": rows, "verdicts": documents}))
    return code_of([row.verdict for row in rows])


def code_of(verdicts: Sequence[str]) -> int:
    """1 if one FAILs, else 3 if one is INVALID, else 0."""
    codes = {EXIT[verdict] for verdict in verdicts}
    return EXIT["FAIL"] if EXIT["FAIL"] in codes else INVALID if INVALID in codes else 0


def _one(
    order: Order,
    live: Callable[[Order], RunFolder],
    documents: list[msgspec.Raw],
    *,
    as_json: bool,
) -> Ran:
    from reports.render.words import headline
    from reports.verdict.judge import document

    name = order.experiment.name
    try:
        folder = live(order)
        with after_start():
            card: Scorecard = judged(folder.root, shown=not as_json)
    except RefusedError:
        raise
    except HarnessError as error:
        streams().talk(f"squall: {error}")
        return Ran(experiment=name, verdict="INVALID", told=str(error), run="")
    documents.append(msgspec.Raw(document(card)))
    return Ran(experiment=name, verdict=card.verdict, told=headline(card), run=str(folder.root))


def _summary(rows: Sequence[Ran], planned: int) -> None:
    from harness.view.output import show_lines

    wide = max(len(row.experiment) for row in rows)
    lines = [f"{row.verdict:<9} {row.experiment:<{wide}}  {row.told}" for row in rows]
    left = planned - len(rows)
    count = ", ".join(
        f"{number} {verdict}"
        for verdict in ("PASS", "FAIL", "INVALID")
        if (number := sum(row.verdict == verdict for row in rows))
    )
    more = f", {left} not run" if left else ""
    show_lines(["", *lines, f"{len(rows)} runs: {count}{more}"])
