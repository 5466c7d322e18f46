"""Reads mutated matrix files: `python -m tests.support.fuzz_matrices [COUNT] [SEED]`.

Each mutant is read without a crash, or refused with file, line, allowed values and fix.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Final

from harness.campaigns.compare.matrix import Matrix
from harness.campaigns.compare.matrix_file import read_matrix
from tests.support.fuzz_suites import Fuzz, Tried, fuzz, told

MATRIX: Final = """\
name: mine
question: How many instances?
budget_s: 3600
repeats: 3
seed: 11
knee: {p99_ms: 250, attempts_per_intent: 1.05, window_s: 1, settle_s: 4}
columns:
  - {name: capacity, experiment: capacity.yaml, ramp: true}
  - {name: one less, experiment: one_less.yaml, ramp: true}
  - {name: steady, experiment: no-fault, rate_scale: 0.5, phases: "fault_s=5", no_fault: true}
arms:
  - {name: one, services: {ledger: {replicas: 1, env: {POOL_SIZE: "16"}}, payments: {replicas: 1, env: {POOL_SIZE: "16"}}}}
  - {name: two, services: {ledger: {replicas: 2}, payments: {replicas: 2}}, edges: {payer>payments: {in_flight_max: 128}}}
  - {name: three, services: {ledger: {replicas: 3}, payments: {replicas: 3}}}
  - name: two small pools
    services: {ledger: {env: {POOL_SIZE: "4"}}, payments: {env: {POOL_SIZE: "4"}}}
scaling:
  - {name: replicas, service: payments, arms: [one, two, three]}
prices: {currency: EUR, month_minor: {ledger: 3000, payments: 3000, postgres: 9000}}
connections:
  - database: postgres
    limit: 117
    pools: {ledger: {env: POOL_SIZE, usual: 10}, payments: {env: POOL_SIZE, usual: 10}}
"""  # noqa: E501  # an arm a line


def fuzz_matrices(count: int, seed: int, folder: Path) -> Fuzz:
    """Read `count` mutants of a matrix file."""
    tried = Tried(
        text=MATRIX,
        path=folder / "matrix.yaml",
        read=read_matrix,
        is_valid=_is_valid,
        refused=("duplicate key",),  # a service or a pool may have any name
    )
    return fuzz(tried, count, seed)


def _is_valid(matrix: Matrix) -> bool:
    names = {arm.name for arm in matrix.arms}
    series = [name for scaling in matrix.scaling for name in scaling.arms]
    ramps = any(column.ramp for column in matrix.columns)
    return len(names) >= 2 and set(series) <= names and (matrix.knee is not None or not ramps)


def main(arguments: list[str]) -> int:
    """Print what became of them."""
    count, seed = (int(word) for word in (*arguments, "10000", "1")[:2])
    with tempfile.TemporaryDirectory() as folder:
        out = fuzz_matrices(count, seed, Path(folder))
    sys.stdout.write("\n".join(told(out)) + "\n")
    return 1 if out.crashed or out.unclear or out.missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
