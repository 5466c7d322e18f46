"""The judge in a process of its own, so that its time and memory are its own too.

`python -m benchmarks.judge_process report|integrity RUN` prints one JSON line (Judged). Time counts
inside, from before the judge is imported to the end; memory is the process's own peak.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Final, Literal

import msgspec

from harness.errors import HarnessError
from harness.store import LoadPlan, Manifest, RunFolder, read_json

LIMIT_S: Final = 300
What = Literal["report", "integrity"]


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What it took; `verdict` and `wrong` tell that the work was really done."""

    took_s: float
    peak_mb: float
    page_kb: float
    verdict: str
    wrong: int


def judged(what: What, folder: RunFolder) -> Judged:
    """Judge in a new process. Raises HarnessError."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.judge_process", what, str(folder.root)],
        cwd=Path(__file__).resolve().parent.parent,
        capture_output=True,
        timeout=LIMIT_S,
        check=False,
    )
    if done.returncode:
        raise HarnessError(f"the judge failed: {done.stderr.decode()[-500:]}")
    return msgspec.json.decode(done.stdout, type=Judged)


def _report(folder: RunFolder) -> tuple[str, int]:
    """From the sealed folder to verdict.json and report.html."""
    from reports.render.stored_verdict import write  # noqa: PLC0415  # its import is part of the time
    from reports.verdict.judge import judge  # noqa: PLC0415  # its import is part of the time

    scorecard = judge(folder)
    write(folder, scorecard)
    return scorecard.verdict, len(scorecard.reasons)


def _integrity(folder: RunFolder) -> tuple[str, int]:
    """Every payment and the whole chain, from the stored evidence; the seal is not looked at."""
    from harness.system import read_system  # noqa: PLC0415  # likewise
    from reports.checks.registry import kinds  # noqa: PLC0415  # likewise
    from reports.checks.run_checks import RunChecks  # noqa: PLC0415  # likewise
    from reports.checks.run_records import RunRecords  # noqa: PLC0415  # likewise
    from reports.inputs.attempts import AttemptFiles  # noqa: PLC0415  # its import is part of the time
    from reports.inputs.evidence_tables import read_evidence  # noqa: PLC0415  # likewise
    from reports.inputs.schedule import Schedule  # noqa: PLC0415  # likewise
    from reports.measures.cohorts import read_blocks  # noqa: PLC0415  # likewise

    manifest, plan = read_json(folder.manifest, Manifest), read_json(folder.plan, LoadPlan)
    due = Schedule(folder.schedule)
    attempts = AttemptFiles(tuple(folder.attempts(worker) for worker in range(plan.workers)))
    system = read_system(folder.system)
    evidence = read_evidence(folder, system.tables, manifest.intent_prefix)
    records = RunRecords(evidence, manifest.intent_prefix, len(due))
    checks = RunChecks(records, kinds(system.checks, folder.root), tuple(evidence.columns))
    for block in read_blocks(due, attempts, 300):
        checks.add(block)
    wrong = sum(checked.verdict != "pass" for checked in checks.result())
    return "whole" if not wrong else "wrong", wrong


def _peak_mb() -> float:
    """VmHWM: ru_maxrss of a new process begins with what its parent had."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def main() -> None:
    """Measure once."""
    began = time.perf_counter()
    folder = RunFolder(Path(sys.argv[2]))
    verdict, wrong = _report(folder) if sys.argv[1] == "report" else _integrity(folder)
    took_s = time.perf_counter() - began
    page_kb = folder.report.stat().st_size / 1000 if folder.report.is_file() else 0.0
    found = Judged(took_s=took_s, peak_mb=_peak_mb(), page_kb=page_kb, verdict=verdict, wrong=wrong)
    print(msgspec.json.encode(found).decode())


if __name__ == "__main__":
    main()
