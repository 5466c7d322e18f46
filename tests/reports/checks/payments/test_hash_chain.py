"""The quick look at the books sees that something is wrong whenever something is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import structs

from reports.checks.payments.entries_pass import EntriesPass
from reports.checks.payments.links import broken_links
from reports.checks.payments.reference_tables import ACCOUNTS, ENTRIES
from reports.inputs.evidence_tables import Evidence, read_evidence
from tests.support.reference_rows import TABLES
from tests.support.runs_builder import PREFIX, RunsBuilder, sound_run

PLACE = 101  # a leg that receives


def changed(run: RunsBuilder, **change: object) -> None:
    run.books.entries[PLACE] = structs.replace(run.books.entries[PLACE], **change)


def drop_a_leg(run: RunsBuilder) -> None:
    del run.books.entries[PLACE]


def drop_a_transfer(run: RunsBuilder) -> None:
    del run.books.entries[PLACE - 1 : PLACE + 1]


def double_a_transfer(run: RunsBuilder) -> None:
    run.books.entries.extend(run.books.entries[PLACE - 1 : PLACE + 1])


def exchange_accounts(run: RunsBuilder) -> None:
    giver, receiver = run.books.entries[PLACE - 1 : PLACE + 1]
    run.books.entries[PLACE - 1] = structs.replace(giver, account=receiver.account)
    run.books.entries[PLACE] = structs.replace(receiver, account=giver.account)


def change_both_amounts(run: RunsBuilder) -> None:
    for place, sign in ((PLACE - 1, -1), (PLACE, 1)):
        entry = run.books.entries[place]
        run.books.entries[place] = structs.replace(entry, amount_minor=sign * 7)


def change_both(run: RunsBuilder, **change: object) -> None:
    for place in (PLACE - 1, PLACE):
        run.books.entries[place] = structs.replace(run.books.entries[place], **change)


def move_a_letter_to_the_reference(run: RunsBuilder) -> None:
    entry = run.books.entries[PLACE]
    change_both(
        run,
        transfer_id=entry.transfer_id[:-1],
        reference=entry.transfer_id[-1] + entry.reference,
    )


def opened(run: RunsBuilder, path: Path) -> Evidence:
    return read_evidence(run.write(path / "run"), (TABLES[ENTRIES], TABLES[ACCOUNTS]), PREFIX)


def test_sound_books_hold_at_the_first_look(tmp_path: Path) -> None:
    evidence = opened(sound_run(rate=20), tmp_path)
    entries = EntriesPass(evidence)
    assert entries.links_hold()
    assert entries.are_steps()
    assert broken_links(evidence) == set()


@pytest.mark.parametrize(
    "change",
    [
        drop_a_leg,
        exchange_accounts,
        change_both_amounts,
        move_a_letter_to_the_reference,
        lambda run: change_both(run, kind="void"),
        lambda run: change_both(run, reference=""),
        lambda run: change_both(run, reference="another"),
        lambda run: changed(run, kind="void"),
        lambda run: changed(run, reference="another"),
        lambda run: changed(run, currency="USD"),
        lambda run: changed(run, transfer_id="another"),
        lambda run: changed(run, amount_minor=0),
        lambda run: changed(run, hash="c" * 48),
        lambda run: changed(run, prev_hash="c" * 48),
        lambda run: changed(run, account="merchant-2"),
    ],
)
def test_what_a_link_is_made_of_cannot_be_changed(
    change: Callable[[RunsBuilder], None], tmp_path: Path
) -> None:
    run = sound_run(rate=20)
    change(run)
    evidence = opened(run, tmp_path)
    assert not EntriesPass(evidence).links_hold()
    assert broken_links(evidence)


@pytest.mark.parametrize(
    "change",
    [
        drop_a_leg,
        drop_a_transfer,
        double_a_transfer,
        exchange_accounts,
        change_both_amounts,
        lambda run: changed(run, sequence=3),
        lambda run: changed(run, sequence=-(2**63)),
        lambda run: changed(run, balance_minor=3),
        lambda run: changed(run, balance_minor=-(2**63)),
        lambda run: changed(run, hash="c" * 48),
        lambda run: changed(run, prev_hash="c" * 48),
        lambda run: changed(run, account="merchant-2"),
    ],
)
def test_each_account_goes_step_by_step_to_what_it_has(
    change: Callable[[RunsBuilder], None], tmp_path: Path
) -> None:
    run = sound_run(rate=20)
    change(run)
    assert not EntriesPass(opened(run, tmp_path)).are_steps()


def test_legs_that_do_not_lie_side_by_side_are_found_together(tmp_path: Path) -> None:
    run = sound_run(rate=20)
    run.books.entries.sort(key=lambda entry: (entry.amount_minor, entry.entry))
    evidence = opened(run, tmp_path)
    assert not EntriesPass(evidence).links_hold()
    assert broken_links(evidence) == set()
