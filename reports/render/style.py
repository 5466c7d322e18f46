"""Colours and layout: light ones stand on each mark itself, dark ones are chosen in the sheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Colour:
    """One role: its CSS class, and its colour on light and on dark ground."""

    name: str
    light: str
    dark: str


INK: Final = Colour(name="ink", light="#1d2433", dark="#e6eaf0")
QUIET: Final = Colour(name="quiet", light="#5b6475", dark="#9aa5b5")
GRID: Final = Colour(name="grid", light="#e3e7ee", dark="#2a3240")
CALM: Final = Colour(name="calm", light="#dfe7ef", dark="#273345")
GOOD: Final = Colour(name="good", light="#2f7f9d", dark="#4fa3c2")
SLOW: Final = Colour(name="slow", light="#e0a030", dark="#d9a441")
FAILED: Final = Colour(name="failed", light="#c8452f", dark="#e2664f")
FAULT: Final = Colour(name="fault", light="#7a5ea6", dark="#a58bd1")
BAND: Final = Colour(name="band", light="#f1edf8", dark="#221f33")
ON_DARK: Final = Colour(name="on-dark", light="#ffffff", dark="#0f1319")
COLOURS: Final = (INK, QUIET, GRID, CALM, GOOD, SLOW, FAILED, FAULT, BAND, ON_DARK)
FONT: Final = 'Inter,system-ui,-apple-system,"Segoe UI",sans-serif'

_LAYOUT: Final = """
:root{color-scheme:light dark}*{box-sizing:border-box}
body{margin:0;background:#f6f7f9;color:#1d2433;font:15px/1.5 FONT}
main{max-width:1120px;margin:0 auto;padding:28px 32px 60px;background:#fff}
header{border-bottom:1px solid #e3e7ee;padding-bottom:22px}
.brand,.key span,h2 small,thead th,summary,.legend,.note{color:#5b6475;font-size:13px}
h1{font-size:30px;line-height:1.18;margin:6px 0 6px;letter-spacing:-.015em}
.why{font-size:17px;max-width:66ch;margin:0}
.pass{color:#1f7a4d}.fail{color:#b3361f}.invalid,.missing{color:#8a5a00}
.key{display:grid;grid-template-columns:repeat(4,1fr);margin:22px 0 6px}
.key div{padding:0 18px;border-left:1px solid #e3e7ee}
.key div:first-child{padding-left:0;border:0}
.key b{display:block;font-size:24px;letter-spacing:-.01em}.key span{display:block}
h2{font-size:18px;margin:38px 0 10px}h2 small{font-weight:400;margin-left:8px}
svg{display:block;width:100%;height:auto;font-family:inherit}
table{border-collapse:collapse;width:100%}
td,th{padding:7px 14px 7px 0;border-bottom:1px solid #eef1f5;text-align:left;font-weight:400}
td.n{font-variant-numeric:tabular-nums;font-weight:600;white-space:nowrap}
td.v{font-weight:600;white-space:nowrap}td.bar{width:230px}td.t{font-size:14px}td.k{white-space:nowrap}
.two{display:grid;grid-template-columns:minmax(0,2fr) minmax(0,3fr);gap:0 44px}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin:0 0 4px 199px}
.legend svg{display:inline-block;width:12px;height:12px;margin-right:6px;vertical-align:-1px}
code,pre{font:13px/1.5 ui-monospace,"DejaVu Sans Mono",monospace}
pre{background:#f6f7f9;padding:12px 16px;border-radius:6px;overflow:auto}
ul{margin:6px 0;padding-left:20px}summary{cursor:pointer;margin-top:10px}
@media(max-width:720px){main{padding:18px}.key{grid-template-columns:1fr 1fr;row-gap:14px}
.two{grid-template-columns:1fr}.legend{margin-left:0}}
@media print{body{background:#fff}main{max-width:none;padding:0}h2{break-after:avoid}
svg,table,.key{break-inside:avoid}summary{display:none}}
"""
_DARK: Final = """
body{background:#0f1319;color:#e6eaf0}main{background:#151a22}
header,.key div{border-color:#2a3240}td,th{border-color:#232a36}pre{background:#0f1319}
.brand,.key span,h2 small,thead th,summary,.legend,.note{color:#9aa5b5}
.pass{color:#5fd09a}.fail{color:#ff8f78}.invalid,.missing{color:#e5b45a}
"""


def sheet() -> str:
    """The page's whole style sheet."""
    marks = "".join(f".f-{c.name}{{fill:{c.dark}}}.s-{c.name}{{stroke:{c.dark}}}" for c in COLOURS)
    layout = _LAYOUT.replace("FONT", FONT)
    return f"{layout}@media screen and (prefers-color-scheme:dark){{{_DARK}{marks}}}"
