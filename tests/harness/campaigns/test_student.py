"""Quantiles of Student's t against a published table."""

from __future__ import annotations

import pytest

from harness.campaigns.student import t_probability, t_quantile

# NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2.
TABLE = {
    (0.90, 1): 3.078,
    (0.95, 1): 6.314,
    (0.95, 2): 2.920,
    (0.975, 2): 4.303,
    (0.99, 2): 6.965,
    (0.999, 2): 22.327,
    (0.95, 5): 2.015,
    (0.99, 7): 2.998,
    (0.975, 10): 2.228,
    (0.995, 10): 3.169,
    (0.95, 30): 1.697,
    (0.999, 30): 3.385,
    (0.975, 100): 1.984,
}


@pytest.mark.parametrize(("asked", "value"), TABLE.items())
def test_quantiles_are_those_of_the_table(asked: tuple[float, int], value: float) -> None:
    assert t_quantile(*asked) == pytest.approx(value, abs=0.0005)


@pytest.mark.parametrize("degrees", [1, 2, 3.5, 10, 200])
@pytest.mark.parametrize("probability", [0.5, 0.6, 0.9917, 0.99999])
def test_the_probability_of_a_quantile_is_the_one_asked(probability: float, degrees: float) -> None:
    assert t_probability(t_quantile(probability, degrees), degrees) == pytest.approx(probability)


def test_the_distribution_is_symmetric() -> None:
    assert t_probability(-1.3, 4) == pytest.approx(1 - t_probability(1.3, 4))


def test_what_is_no_probability_is_refused() -> None:
    for probability, degrees in ((0.3, 2), (1.0, 2), (0.9, 0)):
        with pytest.raises(ValueError, match="no quantile"):
            t_quantile(probability, degrees)
