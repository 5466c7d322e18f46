"""Ledgers with planted defects, drawn from a number: the same number gives the same ledger."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final

from tests.support.planted_defects import DEFECTS
from tests.support.planted_ends import ENDS
from tests.support.planted_ids import IDS
from tests.support.planted_pairs import PAIRS
from tests.support.planted_script import Script, sound_script
from tests.support.planted_strangers import BUILT, STRANGERS

BEFORE: Final = {**DEFECTS, **ENDS, **IDS, **PAIRS, **STRANGERS}
ALL: Final = {**BEFORE, **BUILT}


def planted(seed: int, names: Sequence[str]) -> Script:
    """A built ledger with these defects, in the order in which they can be planted."""
    draw = random.Random(seed)
    script = sound_script(draw)
    for name in names:
        if name in BEFORE:
            BEFORE[name][0](script, draw)
    script.build()
    for name in names:
        if name in BUILT:
            BUILT[name][0](script, draw)
    return script
