"""Locust as Squall starts it: the file is recorded whether it names Squall or not."""

from __future__ import annotations

import sys
from pathlib import Path

from locust.main import main as locust_main

from harness.load.locust.process import listen
from harness.load.locust.statistics_files import write_the_last_second


def main() -> None:
    """Locust's own command line."""
    file = sys.argv[sys.argv.index("-f") + 1]
    sys.path.append(str(Path(file).parent))  # a task may import a neighbour, too
    listen()
    write_the_last_second()
    locust_main()  # type: ignore[no-untyped-call]  # Locust is untyped


if __name__ == "__main__":
    main()
