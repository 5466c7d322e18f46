"""Exit code and output are correct for every reader of the output and every text."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.store import RunFolder
from tests.support.runs_builder import sound_run
from tests.support.runs_files import EXPERIMENT
from tests.support.shell import shell

ROOT = Path(__file__).parents[1]
HOSTILE = "[/v1/payments] [red]\x1b]0;x\x07\x1b[31m\r\nPASS forged \u202e\x9b1m <b>&\"'"
LIMIT_S = 60
ENTRY = (sys.executable, "-c", "import cli; cli.main()")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sound_run().write(tmp_path_factory.mktemp("runs") / "toy" / "run").root


@pytest.mark.parametrize(
    "into",
    [
        "| head -1; exit ${PIPESTATUS[0]}",
        "| true; exit ${PIPESTATUS[0]}",
        ">&-",
        ">/dev/full",
        ">&- 2>&- <&-",
        ">/dev/full 2>/dev/full",
        "</dev/null 1</dev/null",
    ],
)
@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("report {run}", 0),
        ("report {run} --json", 0),
        ("report {run} --usage", 2),
        ("report {damaged}", 3),
        ("runs --runs-dir {runs}", 0),
        ("validate bank-slow --json", 0),
        ("--help", 0),
        ("--version", 0),
        ("report --nonsense --json", 2),
        ("report {run}/nowhere", 2),
    ],
)
def test_the_exit_code_does_not_depend_on_the_reader(
    command: str, code: int, into: str, stored: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(stored, damaged)
    (damaged / "journal.json").write_text("{}")
    line = command.format(run=stored, damaged=damaged, runs=stored.parent.parent)
    assert shell(f"$SQUALL {line} {into}").returncode == code


def test_what_could_not_be_written_is_told(stored: Path) -> None:
    done = shell(f"$SQUALL report {stored} >/dev/full")
    assert "could not be written: No space left on device" in done.stderr
    assert shell(f"$SQUALL report {stored} | head -1").stderr == ""


@pytest.mark.parametrize("env", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
def test_an_ascii_stream_gets_escapes(env: dict[str, str], tmp_path: Path) -> None:
    run = sound_run()
    run.experiment = EXPERIMENT.replace("title: A ledger", "title: Zürich \U0001f4b8 ledger")
    folder = run.write(tmp_path / "Zürich" / "run")
    plain = shell(f"$SQUALL report {folder.root}", **env)
    assert plain.returncode == 0, plain.stderr
    done = shell(f"$SQUALL report {folder.root} --json", **env)
    assert done.returncode == 0
    assert json.loads(done.stdout)["verdict"] == "PASS"


@pytest.mark.parametrize(
    "arguments",
    [
        "--json",
        "nonsense --json",
        "runs --json --nonsense",
        "report --json",
        "run --json",
        "run bank-slow --seed x --json",
        "run --json --seed -1 bank-slow",
        "run no-such-experiment --json",
        "validate --system /nowhere --json",
        "report /nowhere --json",
        "bench no-such-row --json",
        "services status --json",
        "services --json",
    ],
)
def test_json_is_one_document_for_every_error(arguments: str, tmp_path: Path) -> None:
    done = shell(f"$SQUALL {arguments}", SQUALL_STATE_DIR=str(tmp_path / "state"))
    assert json.loads(done.stdout)["exit_code"] == done.returncode == 2
    assert json.loads(done.stdout)["error"]
    assert "Traceback" not in done.stderr


def test_json_tells_of_a_folder_whose_name_is_no_utf_8(tmp_path: Path) -> None:
    words = [*ENTRY, "doctor", "--json", "--runs-dir", str(tmp_path / os.fsdecode(b"\xff\xfe"))]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, timeout=LIMIT_S, check=False)
    assert done.returncode in (0, 2)
    assert json.loads(done.stdout)


def test_json_as_an_argument_is_not_the_option() -> None:
    done = shell("$SQUALL validate -- --json")
    assert done.returncode == 2
    assert done.stdout == ""


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_json_is_one_document_for_a_stop(sig: signal.Signals, tmp_path: Path) -> None:
    """The command waits for a module that is a FIFO until it is stopped."""
    fifo = tmp_path / "rows"
    os.mkfifo(fifo)
    code = (
        "import sys, cli, pathlib, reports.verdict.judge as judging\n"
        f"judging.judge = lambda folder: pathlib.Path({str(fifo)!r}).read_text()\n"
        "cli.main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, "report", "x", "--json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with fifo.open("w"):  # returns when the command has opened it for reading
        process.send_signal(sig)
        out, _ = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 128 + sig
    assert json.loads(out)["exit_code"] == 128 + sig


@pytest.mark.parametrize("where", ["title", "question", "name", "scenario"])
def test_text_of_a_file_is_inert_in_every_output(where: str, tmp_path: Path) -> None:
    run = sound_run()
    text = json.dumps(HOSTILE)
    old = {
        "title": "title: A ledger instance is killed",
        "question": "question: Do payments come back?",
        "name": "name: stable recovery",
        "scenario": "scenario: steady\n",
    }[where]
    key = old.split(":")[0]
    run.experiment = EXPERIMENT.replace(old, f"{key}: {text}" + "\n" * old.endswith("\n"))
    folder = run.write(tmp_path / "toy" / "run")
    done = shell(f"$SQUALL report {folder.root}; echo; $SQUALL runs --runs-dir {tmp_path}")
    assert done.returncode == 0, done.stderr
    assert_inert(done.stdout)
    assert_inert(folder.report.read_text())
    assert "<b>&" not in folder.report.read_text()
    document = json.loads(shell(f"$SQUALL report {folder.root} --json").stdout)
    assert document["verdict"] in ("PASS", "INVALID")


@pytest.mark.parametrize("command", ["report", "validate", "run", "runs --runs-dir", "no-command"])
def test_a_hostile_argument_is_inert_in_the_error(command: str, tmp_path: Path) -> None:
    folder = tmp_path / "x\x1b[31m\nPASS forged\u202e[red]"
    (folder / "toy" / "run").mkdir(parents=True)
    (folder / "toy" / "run" / "timeline.ndjson").write_text("")
    for hostile in (str(folder), os.fsdecode(b"\xff\xfe/experiment.yaml")):
        done = subprocess.run(
            [sys.executable, "-c", "import cli; cli.main()", *command.split(), hostile],
            cwd=ROOT,
            capture_output=True,
            timeout=LIMIT_S,
            check=False,
        )
        assert done.returncode in (0, 2)
        assert_inert(done.stdout.decode() + done.stderr.decode())
        assert len(done.stderr.splitlines()) <= 1


def assert_inert(text: str) -> None:
    assert "\nPASS forged" not in text
    assert all(c.isprintable() or c in "\n\xa0" for c in text), ascii(text)


@pytest.mark.parametrize("command", ["report {run}", "runs --runs-dir {runs}"])
def test_brackets_are_shown_as_written(command: str, tmp_path: Path) -> None:
    folder = sound_run().write(tmp_path / "[red]a[payments]" / "run")
    line = command.format(run=f"'{folder.root}'", runs=tmp_path)
    assert "[red]a[payments]" in shell(f"$SQUALL {line}").stdout


def test_a_verdict_is_never_written_through_a_link(stored: Path, tmp_path: Path) -> None:
    shutil.copytree(stored, tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    folder.verdict.unlink(missing_ok=True)
    folder.report.unlink(missing_ok=True)
    folder.verdict.symlink_to(victim)
    folder.report.symlink_to(victim)
    assert shell(f"$SQUALL report {folder.root}").returncode == 0
    assert victim.read_text() == "untouched"


@pytest.mark.parametrize(
    ("env", "live"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "dumb"}, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, False),
        ({"TERM": "unknown", "TTY_INTERACTIVE": "1"}, False),
        ({"TERM": ""}, False),
    ],
)
def test_a_view_is_redrawn_on_a_real_terminal_only(env: dict[str, str], live: bool) -> None:
    assert on_terminal(env) == ("LiveView" if live else "Heartbeat")


@pytest.mark.parametrize("env", [{"FORCE_COLOR": "1"}, {"TTY_COMPATIBLE": "1"}, {"CI": "1"}])
def test_no_variable_makes_a_terminal_of_a_log(env: dict[str, str]) -> None:
    done = shell(f"{WHICH} 2>&1 | cat", TERM="xterm", **env)
    assert done.stdout.strip() == "Heartbeat"


WHICH = (
    f'"{sys.executable}" -c "import sys; from harness.view.output import live_console;'
    " from harness.view.terminal import watcher_for;"
    ' sys.stdout.write(type(watcher_for(live_console(sys.stderr))).__name__)"'
)


def on_terminal(env: dict[str, str]) -> str:
    """Which view is chosen where standard error is a terminal."""
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(
            ["bash", "-c", WHICH],
            cwd=ROOT,
            env={**os.environ, **env},
            stdout=subprocess.PIPE,
            stderr=theirs,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
    finally:
        os.close(ours)
        os.close(theirs)
    return done.stdout


def test_details_of_a_damaged_run_say_that_it_is_damaged(tmp_path: Path) -> None:
    folder = sound_run().write(tmp_path / "run")
    (folder.root / "notes.txt").write_text("")
    done = shell(f"$SQUALL report {folder.root} --intent 5")
    assert "notes.txt is a file that the seal does not name" in done.stderr
