"""Where the system is: the cluster's context, its namespace, and how its parts are called there.

The deployment file names the parts; the command line names context and namespace, which are never
taken from the kubeconfig's current ones. The state folder keeps all of it, so that another process
finds the system by the state folder alone.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from harness.errors import ConfigError, TargetError
from harness.files.real_path import real_path
from harness.safety.private_file import read_private
from harness.safety.state import State
from harness.system import System
from harness.targets.base import UndoData

CONTEXT, NAMESPACE, OVERLAY = "context", "namespace", "overlay"
PLACE_OPTIONS: Final = (CONTEXT, NAMESPACE, OVERLAY)
PART_OF: Final = "app.kubernetes.io/part-of"
NAME: Final = "app.kubernetes.io/name"
SYSTEM: Final = "squall.dev/system"
LOAD: Final = "squall.dev/load"  # of all that belongs to the load workers of a system
OWNER: Final = "squall"
PLACE: Final = "place"
_FILE: Final = "kubernetes.json"
_FILE_BYTES_MAX: Final = 1_000_000


class ServicePlace(msgspec.Struct, frozen=True, kw_only=True):
    """One service: the label selector of its pods, its container there, and its own port."""

    name: str
    selector: str
    container: str
    port: int = 0


class EdgePlace(msgspec.Struct, frozen=True, kw_only=True):
    """One edge: the service whose sidecar carries it ("": none does), and the sidecar's ports."""

    name: str
    carrier: str = ""
    admin: int = 0
    keeper: int = 0


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is needed to find the system again.

    `entry` is SERVICE:PORT. `manifests` is the folder that is applied, `kubeconfig` the paths of
    the credentials as KUBECONFIG has them. `events` are the kinds that
    services write to their logs. `image` has Squall: load workers run from it.
    """

    context: str
    namespace: str
    system: str
    services: tuple[ServicePlace, ...] = ()
    edges: tuple[EdgePlace, ...] = ()
    entry: str = ""
    entry_edge: str = ""
    events: tuple[str, ...] = ()
    manifests: str = ""
    kubeconfig: str = ""
    image: str = ""

    @property
    def labels(self) -> str:
        """The selector of all that belongs to the system."""
        return f"{PART_OF}={OWNER},{SYSTEM}={self.system}"

    def service(self, name: str) -> ServicePlace | None:
        """The service of that name."""
        return next((one for one in self.services if one.name == name), None)

    def undo_data(self) -> UndoData:
        """What an undo record holds of it: `place` is the whole, for who has no state folder."""
        return {
            CONTEXT: self.context,
            NAMESPACE: self.namespace,
            "kubeconfig": self.kubeconfig,
            PLACE: msgspec.json.encode(self).decode(),
        }


def place_in(data: UndoData) -> Place:
    """The place that an undo record holds. Raises TargetError."""
    try:
        return msgspec.json.decode(data.get(PLACE, ""), type=Place)
    except msgspec.MsgspecError as error:
        raise TargetError(f"the undo record does not say where the system is: {error}") from error


def carrier_of(place: Place, edge: EdgePlace) -> ServicePlace:
    """The service that carries an edge; a gateway, which is none, is found by its name's label."""
    found = place.service(edge.carrier)
    selector = f"{NAME}={edge.carrier}"
    return found or ServicePlace(name=edge.carrier, selector=selector, container=edge.carrier)


def place_of(system: System, deployment: Path | None) -> Place:
    """The place that the files and the command line describe. Raises ConfigError."""
    options = system.options
    for name in (CONTEXT, NAMESPACE):
        if not options.get(name):
            text = f"--{name} is missing: the target kubernetes takes it from nowhere else"
            raise ConfigError(f"{text}; fix: add --{name} and its name")
    return Place(
        context=options[CONTEXT],
        namespace=options[NAMESPACE],
        system=system.name,
        services=tuple(
            _service(service.name, service.options)
            for service in system.services
            if service.options.get("selector") != "none"
        ),
        edges=tuple(_edge(edge.name, edge.options) for edge in system.edges),
        entry=options.get("entry", ""),
        entry_edge=system.entry,
        events=system.events,
        manifests=_manifests(options, deployment),
        kubeconfig=os.environ.get("KUBECONFIG", str(Path("~/.kube/config").expanduser())),
        image=options.get("image", ""),
    )


def _service(name: str, options: Mapping[str, str]) -> ServicePlace:
    return ServicePlace(
        name=name,
        selector=options.get("selector", f"{NAME}={name}"),
        container=options.get("container", name),
        port=int(options.get("port", 0)),
    )


def _edge(name: str, options: Mapping[str, str]) -> EdgePlace:
    return EdgePlace(
        name=name,
        carrier=options.get("carrier", ""),
        admin=int(options.get("admin", 0)),
        keeper=int(options.get("keeper", 0)),
    )


def _manifests(options: Mapping[str, str], deployment: Path | None) -> str:
    """The folder of the overlay, relative to the deployment file; "" where none is named."""
    overlays, overlay = options.get("overlays"), options.get(OVERLAY)
    if not overlays or not overlay or deployment is None:
        return ""
    return str(real_path(deployment.absolute().parent / overlays / overlay))


def write_place(state: State, place: Place) -> None:
    """Keep it in the state folder. Raises OSError."""
    path = state.root / _FILE
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(msgspec.json.encode(place))


def read_place(state: State) -> Place | None:
    """The place that the state folder keeps, if any. Raises TargetError: it cannot be read."""
    raw = read_private(state.root / _FILE, _FILE_BYTES_MAX)
    if not raw:
        return None
    try:
        return msgspec.json.decode(raw, type=Place)
    except msgspec.MsgspecError as error:
        raise TargetError(f"{state.root / _FILE}: not a place: {error}") from error


def forget_place(state: State) -> None:
    """Forget it: the system is down."""
    (state.root / _FILE).unlink(missing_ok=True)
