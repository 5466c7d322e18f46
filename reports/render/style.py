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
GOOD: Final = Colour(name="good", light="#23738f", dark="#4fa3c2")
SLOW: Final = Colour(name="slow", light="#8f6200", dark="#d9a441")
FAILED: Final = Colour(name="failed", light="#b93a24", dark="#ee7d67")
FAULT: Final = Colour(name="fault", light="#7456a3", dark="#b29ade")
BAND: Final = Colour(name="band", light="#f1edf8", dark="#221f33")
ON_DARK: Final = Colour(name="on-dark", light="#ffffff", dark="#0f1319")
COLOURS: Final = (INK, QUIET, GRID, CALM, GOOD, SLOW, FAILED, FAULT, BAND, ON_DARK)
FONT: Final = 'Inter,system-ui,-apple-system,"Segoe UI",sans-serif'

_LAYOUT: Final = """
:root{color-scheme:light dark}*{box-sizing:border-box}
body{margin:0;background:#f6f7f9;color:#1d2433;font:15px/1.5 FONT;overflow-wrap:break-word}
main{max-width:1160px;margin:0 auto;padding:28px 32px 60px;background:#fff}
header{border-bottom:1px solid #e3e7ee;padding-bottom:22px}
.invalid-edge,.inconclusive-edge{border-left:6px dashed #8a5a00;padding-left:18px}
.brand,.key span,h2 small,td small,thead th,summary,.legend,.note,.grey,.names{color:#5b6475}
.brand,.key span,h2 small,td small,thead th,summary,.legend,.note,.grey,.names{font-size:13px}
h1{font-size:30px;line-height:1.18;margin:6px 0 6px;letter-spacing:-.015em}
.why{font-size:17px;max-width:70ch;margin:0}.do{margin:12px 0 0}
.pass{color:#1f7a4d}.fail{color:#b3361f}.invalid,.inconclusive,.missing{color:#8a5a00}
.key{display:grid;grid-template-columns:repeat(4,1fr);margin:22px 0 6px}
.key div{padding:0 18px;border-left:1px solid #e3e7ee}
.key div:first-child{padding-left:0;border:0}
.key b{display:block;font-size:24px;letter-spacing:-.01em}.key span{display:block}
h2{font-size:18px;margin:38px 0 10px}h2 small{font-weight:400;margin-left:8px}
h3{font-size:16px;margin:22px 0 4px}h4{font-size:14px;margin:14px 0 4px}p{margin:4px 0}
svg{display:block;width:100%;height:auto;font-family:inherit}
.scroll{overflow-x:auto}.scroll>svg{min-width:1000px}
table{border-collapse:collapse;width:100%}
td,th{padding:7px 14px 7px 0;border-bottom:1px solid #eef1f5;text-align:left;font-weight:400}
td,th{vertical-align:top}td.t,.names,h1,.why,.key b{overflow-wrap:anywhere}th.k{min-width:84px}
td.n{font-variant-numeric:tabular-nums;font-weight:600;white-space:nowrap}
td.v{font-weight:600}td.v,td.l{white-space:nowrap}td.bar{width:230px;min-width:120px}
.events td{padding:3px 14px 3px 0}.e-fault td,.e-breaker td,.e-mark td{font-weight:600}
.two{display:grid;grid-template-columns:minmax(0,2fr) minmax(0,3fr);gap:0 44px}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin:0 0 4px}
.legend svg{display:inline-block;width:12px;height:12px;margin-right:6px;vertical-align:-1px}
code,pre{font:13px/1.5 ui-monospace,"DejaVu Sans Mono",monospace}
pre{background:#f6f7f9;padding:12px 16px;border-radius:6px;overflow:auto}
:focus-visible{outline:2px solid #23738f;outline-offset:2px}
ul{margin:6px 0;padding-left:20px}summary{cursor:pointer;margin-top:10px}
@media(max-width:900px){.two{grid-template-columns:minmax(0,1fr)}}
@media(max-width:720px){main{padding:18px}.key{grid-template-columns:1fr 1fr;row-gap:14px}
h1{font-size:24px}.key div:nth-child(odd){padding-left:0;border:0}td,th{padding-right:10px}}
@media(max-width:480px){.events th:nth-child(2),.events td:nth-child(2){display:none}}
@media print{body{background:#fff}main{max-width:none;padding:0}h2,h3{break-after:avoid}
svg,tr,.key{break-inside:avoid}.scroll{overflow:visible}.scroll>svg{min-width:0}}
"""
_DARK: Final = """
body{background:#0f1319;color:#e6eaf0}main{background:#151a22}
header,.key div{border-color:#2a3240}td,th{border-color:#232a36}pre{background:#0f1319}
.brand,.key span,h2 small,td small,thead th,summary,.legend,.note,.grey,.names{color:#9aa5b5}
.pass{color:#5fd09a}.fail{color:#ff8f78}.invalid,.inconclusive,.missing{color:#e5b45a}
.invalid-edge{border-left-color:#e5b45a}:focus-visible{outline-color:#4fa3c2}
"""


def sheet() -> str:
    """The page's whole style sheet."""
    marks = "".join(f".f-{c.name}{{fill:{c.dark}}}.s-{c.name}{{stroke:{c.dark}}}" for c in COLOURS)
    layout = _LAYOUT.replace("FONT", FONT)
    return f"{layout}@media screen and (prefers-color-scheme:dark){{{_DARK}{marks}}}"
