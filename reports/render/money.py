"""Amounts in minor units as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# ISO 4217: how many digits the minor unit has, where it is not two.
_DIGITS: Final = {
    **dict.fromkeys(("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
_CURRENCY_CHARS: Final = 3


def say_amount(amount_minor: int, currency: str) -> str:
    """`1,234.50 EUR`; without a known currency the number of minor units."""
    if len(currency) != _CURRENCY_CHARS or not currency.isupper():
        unit = f" {currency}" if currency else ""
        return f"{amount_minor:,} minor units{unit}"
    digits = _DIGITS.get(currency, 2)
    whole, rest = divmod(abs(amount_minor), 10**digits)
    sign = "-" if amount_minor < 0 else ""
    point = f".{rest:0{digits}d}" if digits else ""
    return f"{sign}{whole:,}{point} {currency}"


def say_sums(sums: Mapping[str, int]) -> str:
    """Sums by currency."""
    return " and ".join(say_amount(total, currency) for currency, total in sums.items())
