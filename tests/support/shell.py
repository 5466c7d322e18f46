"""Lines of bash in the checkout, with the command line as `$SQUALL`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SQUALL = f'"{sys.executable}" -c "import cli; cli.main()"'
LIMIT_S = 60


def shell(script: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in the checkout; $SQUALL is the command."""
    return subprocess.run(
        ["bash", "-c", script.replace("$SQUALL", SQUALL)],
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1", **env},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
