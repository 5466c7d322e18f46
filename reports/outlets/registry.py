"""Every outlet by its name: a new one is a file and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reports.outlets.annotations import github_annotations
from reports.outlets.badge import badge
from reports.outlets.base import Outlet
from reports.outlets.junit import junit
from reports.outlets.markdown import comment, markdown
from reports.outlets.openmetrics import openmetrics

OUTLETS: Final[Mapping[str, Outlet]] = {
    "junit": junit,
    "markdown": markdown,
    "comment": comment,
    "annotations": github_annotations,
    "openmetrics": openmetrics,
    "badge": badge,
}
