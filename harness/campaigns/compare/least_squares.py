"""Linear least squares for a few unknowns, some of which must not be negative; pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

Vector = tuple[float, ...]
Table = tuple[Vector, ...]


def fitted(rows: Sequence[Vector], values: Sequence[float], free: int) -> Vector | None:
    """The best unknowns; those after the first `free` are at least 0. None: not determined."""
    size = len(rows[0])
    best: tuple[float, Vector] | None = None
    for kept in _choices(size, free):
        found = _solved([tuple(row[at] for at in kept) for row in rows], values)
        if found is None or any(found[i] < 0 for i, at in enumerate(kept) if at >= free):
            continue
        whole = [0.0] * size
        for i, at in enumerate(kept):
            whole[at] = found[i]
        error = squares(rows, values, whole)
        if best is None or error < best[0]:
            best = (error, tuple(whole))
    return None if best is None else best[1]


def squares(rows: Sequence[Vector], values: Sequence[float], found: Sequence[float]) -> float:
    """The sum of the squared distances."""
    told = (sum(a * b for a, b in zip(row, found, strict=True)) for row in rows)
    return sum((value - said) ** 2 for value, said in zip(values, told, strict=True))


def covariance(rows: Sequence[Vector]) -> Table | None:
    """The inverse of the normal matrix: covariances in units of the error's variance."""
    size = len(rows[0])
    columns = [solve(_normal(rows), _unit(at, size)) for at in range(size)]
    if any(column is None for column in columns):
        return None
    return tuple(column for column in columns if column is not None)


def solve(matrix: Table, right: Sequence[float]) -> Vector | None:
    """Gauss with pivots; None where the matrix is singular."""
    size = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    scale = max((abs(value) for row in matrix for value in row), default=0.0)
    for at in range(size):
        pivot = max(range(at, size), key=lambda place: abs(rows[place][at]))
        if abs(rows[pivot][at]) <= 1e-12 * scale:
            return None
        rows[at], rows[pivot] = rows[pivot], rows[at]
        for below in range(at + 1, size):
            by = rows[below][at] / rows[at][at]
            rows[below] = [a - by * b for a, b in zip(rows[below], rows[at], strict=True)]
    found = [0.0] * size
    for at in reversed(range(size)):
        known = sum(rows[at][i] * found[i] for i in range(at + 1, size))
        found[at] = (rows[at][size] - known) / rows[at][at]
    return tuple(found)


def _choices(size: int, free: int) -> list[tuple[int, ...]]:
    """Which unknowns are not at their bound."""
    bound = range(free, size)
    some = [each for count in range(len(bound) + 1) for each in combinations(bound, count)]
    return [(*range(free), *each) for each in some]


def _solved(rows: Sequence[Vector], values: Sequence[float]) -> Vector | None:
    right = [
        sum(row[at] * value for row, value in zip(rows, values, strict=True))
        for at in range(len(rows[0]))
    ]
    return solve(_normal(rows), right)


def _normal(rows: Sequence[Vector]) -> Table:
    size = range(len(rows[0]))
    return tuple(tuple(sum(row[a] * row[b] for row in rows) for b in size) for a in size)


def _unit(at: int, size: int) -> Vector:
    return tuple(1.0 if place == at else 0.0 for place in range(size))
