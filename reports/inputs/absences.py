"""Files that are missing in a stored run, although every run that comes to its end writes them.

The readers of these files read them where they exist, so they do not report that one is missing.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.store import LoadPlan, LoadReady, Manifest, RunFolder, read_json


def absences(folder: RunFolder, manifest: Manifest, plan: LoadPlan, arrivals: int) -> Iterator[str]:
    """A sentence for each; one if the schedule has another length than the workers say.

    Raises StoredRunError.
    """
    workers = [folder.ready(worker) for worker in range(plan.workers)]
    for path in (folder.go, *workers, *(folder.root / name for name in manifest.beside)):
        if not path.is_file():
            yield f"{path.relative_to(folder.root)} is missing"
    ready = [read_json(path, LoadReady) for path in workers if path.is_file()]
    told = sum(one.arrivals for one in ready)
    if len(ready) == plan.workers and all(one.open_loop for one in ready) and told != arrivals:
        text = f"load/schedule.bin has {arrivals:,} arrivals, but the load workers say that there"
        yield f"{text} are {told:,}"
