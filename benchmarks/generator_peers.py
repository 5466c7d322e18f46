"""Other load generators, each as its own users start it, with a record of every request kept."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.peers import find

WORKERS: Final = 100
BODY: Final = '{"payer":"payer-0042","payee":"merchant-007","amount_minor":1234,"currency":"EUR"}'
_HEADERS: Final = {"Content-Type": "application/json", "Idempotency-Key": "k"}
_K6: Final = """
import http from 'k6/http';
export const options = { scenarios: { s: { executor: 'constant-arrival-rate', rate: +__ENV.RATE,
  timeUnit: '1s', duration: __ENV.DURATION, preAllocatedVUs: +__ENV.VUS, maxVUs: +__ENV.VUS,
  gracefulStop: '15s' } }, discardResponseBodies: true };
const headers = { headers: JSON.parse(__ENV.HEADERS) };
export default function () { http.post(__ENV.URL, __ENV.BODY, headers); }
"""
Microseconds = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """The load that a peer generates: a constant rate at one URL; its files go into `scratch`."""

    per_s: int
    load_s: float
    url: str
    scratch: Path

    @property
    def out(self) -> Path:
        """Its standard output."""
        return self.scratch / "out"

    @property
    def record(self) -> Path:
        """The file in which the peer stores its results."""
        return self.scratch / "record"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One peer. `took` reads the time of each request that it tells of, out of its record."""

    name: str
    program: str
    command: Callable[[Ask], Sequence[str]]
    record: Callable[[Ask], Path]
    took: Callable[[Path], Microseconds]


def _vegeta(ask: Ask) -> Sequence[str]:
    """With as many workers as it wants."""
    (ask.scratch / "body").write_text(BODY)
    targets = ask.scratch / "targets"
    headers = "\n".join(f"{name}: {value}" for name, value in _HEADERS.items())
    targets.write_text(f"POST {ask.url}\n{headers}\n@{ask.scratch / 'body'}\n")
    line = [str(find("vegeta")), "at" + "tack", f"-targets={targets}", f"-rate={ask.per_s}/1s"]
    return [*line, f"-duration={ask.load_s:g}s", "-timeout=60s", f"-output={ask.record}"]


def _vegeta_took(record: Path) -> Microseconds:
    line = [str(find("vegeta")), "encode", "-to", "csv", str(record)]
    rows = subprocess.run(line, capture_output=True, text=True, check=True).stdout.splitlines()
    return np.array([int(row.split(",")[2]) // 1000 for row in rows], np.int64)


def _k6(ask: Ask) -> Sequence[str]:
    """The usual configuration: a constant arrival rate and a hundred virtual users."""
    script = ask.scratch / "script.js"
    script.write_text(_K6)
    told = {"RATE": ask.per_s, "DURATION": f"{ask.load_s:g}s", "VUS": WORKERS, "URL": ask.url}
    told |= {"BODY": BODY, "HEADERS": json.dumps(_HEADERS)}
    line = [str(find("k6")), "run", "-q", "--address", "", "--no-usage-report"]
    for name, value in told.items():
        line += ["-e", f"{name}={value}"]
    return [*line, "--out", f"csv={ask.record}", str(script)]


def _k6_took(record: Path) -> Microseconds:
    rows = (row.split(",") for row in record.read_text().splitlines())
    found = [round(float(row[2]) * 1000) for row in rows if row[0] == "http_req_duration"]
    return np.array(found, np.int64)


def _hey(ask: Ask) -> Sequence[str]:
    """A hundred workers that share the rate; each waits for its answer before it goes on."""
    line = [str(find("hey")), "-z", f"{ask.load_s:g}s", "-c", str(WORKERS), "-o", "csv"]
    line += ["-q", f"{ask.per_s / WORKERS:g}", "-m", "POST", "-t", "60", "-d", BODY]
    return [*line, "-T", _HEADERS["Content-Type"], "-H", "Idempotency-Key: k", ask.url]


def _hey_took(out: Path) -> Microseconds:
    return _seconds(out, column=0)


def _oha(ask: Ask) -> Sequence[str]:
    """Configured to measure latency from the intended start of a request."""
    line = [str(find("oha")), "-z", f"{ask.load_s:g}s", "-c", str(WORKERS), "-q", str(ask.per_s)]
    line += ["--latency-correction", "--no-tui", "--output-format", "csv", "-m", "POST"]
    line += ["-t", "60s", "-d", BODY, "-T", _HEADERS["Content-Type"], "-H", "Idempotency-Key: k"]
    return [*line, ask.url]


def _oha_took(out: Path) -> Microseconds:
    return _seconds(out, column=4)


def _seconds(table: Path, column: int) -> Microseconds:
    """One column of seconds of a CSV file with one line of titles."""
    rows = table.read_text().splitlines()[1:]
    return np.array([round(float(row.split(",")[column]) * 1e6) for row in rows], np.int64)


def _its_record(ask: Ask) -> Path:
    return ask.record


def _its_output(ask: Ask) -> Path:
    return ask.out


VEGETA: Final = Tool(
    name="vegeta", program="vegeta", command=_vegeta, record=_its_record, took=_vegeta_took
)
K6: Final = Tool(name="k6", program="k6", command=_k6, record=_its_record, took=_k6_took)
HEY: Final = Tool(name="hey", program="hey", command=_hey, record=_its_output, took=_hey_took)
OHA: Final = Tool(name="oha", program="oha", command=_oha, record=_its_output, took=_oha_took)
TOOLS: Final = (VEGETA, K6, HEY, OHA)
