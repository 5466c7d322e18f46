"""What an unquoted YAML scalar means; one that YAML 1.1 and 1.2 read differently is refused."""

from __future__ import annotations

import math
import re
from typing import Final

from harness.files.document import Scalar

MAX_DIGITS: Final = 30
_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL: Final = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_HEX: Final = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+][0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_TRUTH: Final = re.compile(r"yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF")
_AMBIGUOUS: Final = (
    (re.compile(r"[-+]?0[0-9_]+|0o[0-7]+"), "octal or decimal"),
    (re.compile(r"[-+]?0b[01_]+|[-+]0x[0-9a-fA-F_]+"), "a number or text"),
    (re.compile(r"(?=.*_)[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|0x[0-9a-fA-F_]+)"), "a number or text"),
    (re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"), "base 60 or text"),
    (re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][-+]?[0-9]+"), "a number or text"),
    (re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?"), "a date or text"),
    (re.compile(r"=|<<"), "a directive or text"),
)


class ScalarError(Exception):
    """A scalar without one clear meaning, with the allowed values and the fix."""

    def __init__(self, wrong: str, allowed: str, fix: str) -> None:
        super().__init__(wrong)
        self.wrong, self.allowed, self.fix = wrong, allowed, fix


def read_plain(text: str) -> Scalar:
    """The value of an unquoted scalar. Raises ScalarError."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text) or _HEX.fullmatch(text):
        return read_int(text)
    if _FLOAT.fullmatch(text) or _NOT_FINITE.fullmatch(text):
        return read_float(text.replace(".inf", "inf").replace(".nan", "nan"))
    _refuse_ambiguous(text)
    return text


def read_int(text: str) -> int:
    """A whole number of a sensible length. Raises ScalarError."""
    if len(text) > MAX_DIGITS:
        wrong = f"a number of {len(text)} digits"
        raise ScalarError(wrong, f"at most {MAX_DIGITS} digits", "write a smaller number")
    return int(text, 16) if text.startswith("0x") else int(text)


def read_float(text: str) -> float:
    """A finite number. Raises ScalarError."""
    value = _float(text)
    if not math.isfinite(value):
        raise ScalarError("not a finite number", "finite numbers", "write a number with an end")
    return value


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:  # .Inf, .NAN and their like
        return math.nan


def _refuse_ambiguous(text: str) -> None:
    if _TRUTH.fullmatch(text):
        wrong = "true or false in YAML 1.1, text in YAML 1.2"
        raise ScalarError(wrong, "true, false, or text in quotes", f'write true, false or "{text}"')
    for pattern, meanings in _AMBIGUOUS:
        if pattern.fullmatch(text):
            wrong = f"{meanings}: YAML 1.1 and 1.2 differ"
            allowed = "a decimal number such as 1000 or 0.5, or text in quotes"
            fix = f'write "{text[:40]}" if it is text, a plain decimal number if not'
            raise ScalarError(wrong, allowed, fix)
