"""The report is one small file that needs nothing beside itself."""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from harness.load.records import Outcome
from harness.store import read_manifest, write_json
from reports.render.closing import closing_lines
from reports.render.page import render
from reports.render.style import FAILED, FAULT, GOOD, INK, QUIET, SLOW, Colour
from reports.render.words import headline
from reports.verdict.judge import judge
from tests.support.runs_builder import RunsBuilder, sound_run, spoil

MAX_BYTES = 60_000
VOID = {"meta", "br", "hr", "img", "link"}


class Page(HTMLParser):
    """Collects what a reader and a network watcher would see."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [v or "" for k, v in attrs if k in ("src", "href", "xlink:href", "action")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [v or "" for k, v in attrs if k in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def page_of(run: RunsBuilder, tmp_path: Path) -> tuple[Page, str]:
    raw = render(judge(run.write(tmp_path / "run")))
    page = Page()
    page.feed(raw)
    assert page.open == []
    return page, raw


def test_it_is_small_and_refers_to_nothing(tmp_path: Path) -> None:
    page, raw = page_of(sound_run(rate=200), tmp_path)
    assert len(raw.encode()) < MAX_BYTES
    assert page.links == []
    assert not page.tags & {"script", "link", "img", "iframe", "object"}
    assert not re.search(r"https?://|url\(|@import", raw)


def test_every_mark_carries_its_own_colour_and_dark_is_chosen(tmp_path: Path) -> None:
    _, raw = page_of(sound_run(), tmp_path)
    assert not re.findall(r'<(?:rect|text) (?![^>]*fill=")[^>]*>', raw)
    assert "prefers-color-scheme:dark" in raw
    assert "@media print" in raw
    assert "invert(" not in raw


def test_verdict_figures_objectives_and_story_can_be_read(tmp_path: Path) -> None:
    page, _ = page_of(sound_run(), tmp_path)
    text = " ".join(page.text)
    for part in (
        "PASS",
        "Service recovered in 1.5 s, and every record is right.",
        "What happened",
        "recovered after 1.5 s",
        "Objectives",
        "The records",
        "Why this run counts",
        "The intent with the most attempts",
        "squall run ledger-killed --seed 11",
    ):
        assert part in text


def test_lanes_with_nothing_to_tell_are_left_out(tmp_path: Path) -> None:
    run = sound_run()
    run.tell_state(-1, "instance", ("", "ledger-2"), "starting")
    run.tell_state(-0.5, "instance", ("", "ledger-2"), "ready")
    page, _ = page_of(run, tmp_path)
    assert "ledger-1" in page.text
    assert "ledger-2" not in page.text


def test_names_from_the_outside_are_escaped(tmp_path: Path) -> None:
    run = sound_run()
    run.experiment = run.experiment.replace("A ledger instance is killed", "<script>x</script>")
    page, raw = page_of(run, tmp_path)
    assert "script" not in page.tags
    assert "&lt;script&gt;" in raw


def test_labels_of_a_lane_never_overlap(tmp_path: Path) -> None:
    run = sound_run()
    for step in range(12):
        state = ("open", "half_open", "closed")[step % 3]
        run.tell_state(9 + step * 0.3, "breaker", ("payments>ledger", "payments"), state)
    _, raw = page_of(run, tmp_path)
    rows: dict[str, list[tuple[float, float]]] = {}
    pattern = r'<text x="([\d.]+)" y="([\d.]+)" font-size="11" class="f-[a-z-]+"[^>]*>([^<]*)<'
    for x, y, text in re.findall(pattern, raw):
        rows.setdefault(y, []).append((float(x), float(x) + len(text) * 6))
    assert any(len(row) > 2 for row in rows.values())
    for row in rows.values():
        row.sort()
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(row))


@pytest.mark.parametrize("damaged", [False, True])
def test_an_invalid_run_says_why(damaged: bool, tmp_path: Path) -> None:
    run = sound_run()
    run.fault(but="verified")
    folder = run.write(tmp_path / "run")
    if damaged:
        folder.timeline.unlink()
    card = judge(folder)
    raw = render(card)
    assert "INVALID" in raw
    assert card.reasons[0].text in raw
    lines = closing_lines(card, "report.html")
    said = "This run is not a valid test: it proves nothing, neither good nor bad."
    assert lines[0] == f"INVALID  {said}"
    assert any(card.reasons[0].text in line for line in lines)


def test_against_a_bad_baseline_recovery_is_shown_as_not_judged(tmp_path: Path) -> None:
    run = sound_run()
    for intent in range(run.at(2), run.at(3)):
        spoil(run, intent, lambda a: a._replace(took_us=400_000))
    card = judge(run.write(tmp_path / "run"))
    lines = closing_lines(card, "report.html")
    assert "  stable recovery            not judged   limit 2.5 s   not judged" in lines
    page, raw = page_of(run, tmp_path / "again")
    text = " ".join(page.text)
    assert "not measured" not in text
    assert 'class="v grey">not judged' in raw
    assert 'class="v pass"' not in raw


def test_what_the_run_does_not_hold_is_shown_as_not_measured(tmp_path: Path) -> None:
    run = sound_run()
    run.fault(but="verified_undone")
    page, _ = page_of(run, tmp_path)
    assert "not measured" in " ".join(page.text)


def test_a_failure_names_what_is_wrong(tmp_path: Path) -> None:
    run = sound_run()
    for intent in range(700, 731):
        run.book(intent)
    card = judge(run.write(tmp_path / "run"))
    assert headline(card) == "31 payments were charged or booked twice."
    lines = closing_lines(card, "report.html")
    assert lines[0] == "FAIL  31 payments were charged or booked twice."
    assert "7f3a-700, 7f3a-701, 7f3a-702 and 28 more" in "\n".join(lines)
    assert "31 doubled" in "\n".join(lines)


def test_a_run_whose_payers_felt_nothing_says_so(tmp_path: Path) -> None:
    card = judge(sound_run(outage_s=0).write(tmp_path / "run"))
    assert card.verdict == "PASS"
    assert headline(card) == "No intent was affected, and every record is right."
    assert render(card).count("The intent with the most attempts") == 0


def test_a_run_that_counts_nothing_looks_like_nothing_that_passed(tmp_path: Path) -> None:
    """Its objectives and its records are grey; it says what to do."""
    run = sound_run()
    run.fault(but="verified")
    card = judge(run.write(tmp_path / "run"))
    raw = render(card)
    assert "✓" not in raw
    assert not re.search(r'class="[^"]*\b(pass|fail)\b', raw)
    assert "What to do" in raw
    lines = "\n".join(closing_lines(card, "report.html"))
    assert "this run does not count" in lines
    assert "what to do" in lines
    assert " ok" not in lines.split("records ")[1].split("\n")[0]


def test_on_a_screen_of_80_columns_no_line_is_longer_and_no_word_is_cut(tmp_path: Path) -> None:
    card = judge(sound_run().write(tmp_path / "run"))
    whole, narrow = closing_lines(card, "report.html"), closing_lines(card, "report.html", 80)
    assert max(map(len, whole)) > 80
    assert max(map(len, narrow)) <= 80
    assert " ".join(whole).split() == " ".join(narrow).split()


def test_closing_lines_stand_in_columns(tmp_path: Path) -> None:
    card = judge(sound_run().write(tmp_path / "run"))
    lines = closing_lines(card, "report.html")
    assert lines[0].startswith("PASS  Service recovered in")
    assert "  stable recovery               1.5 s   limit 2.5 s   to within 0.1 s" in lines
    assert lines[-1].split() == ["again", "squall", "run", "ledger-killed", "--seed", "11"]


def test_how_to_have_it_again_is_said_as_the_run_kept_it(tmp_path: Path) -> None:
    run = sound_run()
    run.again = "squall run ledger-killed --seed 11 --workers 3"
    card = judge(run.write(tmp_path / "run"))
    assert closing_lines(card, "report.html")[-1].endswith(f"  {run.again}")
    assert run.again in render(card)


def test_text_in_a_chart_is_legible_where_the_chart_scrolls(tmp_path: Path) -> None:
    """At its least width of 1000 px no text is smaller than 9 px."""
    _, raw = page_of(sound_run(), tmp_path)
    assert ".scroll>svg{min-width:1000px}" in raw
    for size, body in re.findall(r'<svg viewBox="0 0 (\d+) [^>]*>(.*?)</svg>', raw, re.DOTALL):
        sizes = [float(found) for found in re.findall(r'font-size="([\d.]+)"', body)]
        assert all(found * 1000 / float(size) >= 9 for found in sizes)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", [GOOD, SLOW, FAILED, FAULT, INK, QUIET], ids=lambda c: c.name)
def test_each_colour_stands_out_from_both_grounds(colour: Colour) -> None:
    for ours, ground in ((colour.light, "#ffffff"), (colour.dark, "#151a22")):
        high, low = sorted((_luminance(ours), _luminance(ground)), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5


def test_an_opening_of_a_breaker_is_told_in_the_chart_and_in_the_list(tmp_path: Path) -> None:
    page, raw = page_of(sound_run(), tmp_path)
    text = " ".join(page.text)
    assert "breaker payments>ledger in payments" in text
    assert "A circuit breaker opened once, at 6.30 s." in text
    assert "breaker payments>ledger in payments: half-open" in text
    assert raw.count("h10L") == 1, "one mark on the lane"


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ("[breaker]", "No circuit breaker opened."),
        ("[sweeper]", "This system does not report its circuit breakers."),
    ],
)
def test_that_no_breaker_opened_is_said_of_those_that_report_it(
    listed: str, said: str, tmp_path: Path
) -> None:
    run = sound_run()
    run.events = [event for event in run.events if event.kind != "breaker"]
    folder = run.write(tmp_path / "run")
    folder.system.write_text(folder.system.read_text() + f"events: {listed}\n")
    folder.seal()
    assert said in render(judge(folder))


def test_a_payment_that_nobody_answered_is_shown_as_never_learned(tmp_path: Path) -> None:
    run = sound_run(outage_s=0)
    spoil(run, 700, lambda a: a._replace(outcome=Outcome.INFO, answer=0, status=504))
    run.attempt(700, Outcome.INFO, status=504, after_ms=50, number=2)
    page, _ = page_of(run, tmp_path)
    assert "the payer never learned how it ended" in " ".join(page.text)


def test_each_picture_states_its_size_without_a_style_sheet(tmp_path: Path) -> None:
    """A content security policy may drop the style sheet: pictures must not fill the page then."""
    opened = re.findall(r"<svg [^>]*>", page_of(sound_run(), tmp_path)[1])
    assert len(opened) > 5
    assert all(re.search(r' width="[\d.]+" height="[\d.]+"', tag) for tag in opened)


def test_a_run_that_ended_early_shows_nothing_after_its_end(tmp_path: Path) -> None:
    """What was never sent is neither failed nor slow."""
    run = sound_run()
    folder = run.write(tmp_path / "run")
    manifest = read_manifest(folder)
    phases = tuple(phase for phase in manifest.phases if phase.end_s <= 6)
    early = msgspec.structs.replace(manifest, ended="early: stopped", phases=phases)
    write_json(folder.manifest, early)
    folder.seal()
    picture = judge(folder).picture
    assert picture is not None
    assert picture.end_s == phases[-1].end_s
    assert len(picture.windows.scheduled) == 6
    assert "20 s<" not in render(judge(folder))
