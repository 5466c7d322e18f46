"""The objects of load workers: a Job for each, the files of their scenario, and what they reach.

Each worker is a Job of its own: when one is lost, its Job fails and the other workers go on, so
that their arrivals are recorded. No Job is tried again.
"""

from __future__ import annotations

import ipaddress
import math
import socket
from typing import Any, Final

from harness.errors import ConfigError
from harness.load.plan import SCENARIO_VARIABLE
from harness.targets.cluster_abilities import WorkersAsked
from harness.targets.kubernetes.place import LOAD, NAME, OWNER, PART_OF, SYSTEM, Place
from harness.targets.kubernetes.sent_scenario import MOUNTED, SentScenario, sent

PREFIX: Final = "squall-load"
KEPT_S: Final = 60  # so long a Job stays after its end if the harness does not remove it
_GRACE_S: Final = 2
_IMAGE_EXAMPLE: Final = "squall.local/squall:1"


def load_labels(place: Place) -> str:
    """The selector of all objects of the load workers."""
    return f"{place.labels},{LOAD}=worker"


def worker_objects(place: Place, asked: WorkersAsked) -> list[dict[str, Any]]:
    """All of them, in the order in which they are created. Raises ConfigError."""
    scenario = sent(asked.scenario)
    found = [_policy(place, asked)]
    if scenario.files:
        found.append(_files(place, scenario))
    return [*found, *(_job(place, asked, scenario, number) for number in range(asked.count))]


def load_entry(place: Place) -> str:
    """The URL of the system in its own namespace. Raises ConfigError."""
    if not place.entry:
        raise ConfigError("options.entry of the deployment file: write SERVICE:PORT")
    return f"http://{place.entry}"


def _named(place: Place, kind: str, api: str, name: str) -> dict[str, Any]:
    labels = {PART_OF: OWNER, SYSTEM: place.system, LOAD: "worker"}
    metadata = {"name": name, "namespace": place.namespace, "labels": labels}
    return {"apiVersion": api, "kind": kind, "metadata": metadata}


def _policy(place: Place, asked: WorkersAsked) -> dict[str, Any]:
    """The workers reach their master, the pods of the namespace, and name servers."""
    host, _, port = asked.master.rpartition(":")
    to_master = {
        "to": [{"ipBlock": {"cidr": _block(host)}}],
        "ports": [{"protocol": "TCP", "port": int(port)}],
    }
    names = {"ports": [{"protocol": kind, "port": 53} for kind in ("UDP", "TCP")]}
    spec = {
        "podSelector": {"matchLabels": {SYSTEM: place.system, LOAD: "worker"}},
        "policyTypes": ["Egress"],
        "egress": [to_master, {"to": [{"podSelector": {}}]}, names],
    }
    return {**_named(place, "NetworkPolicy", "networking.k8s.io/v1", PREFIX), "spec": spec}


def _block(host: str) -> str:
    """The address block of the master alone. Raises ConfigError: no pod reaches it."""
    bare = host.strip("[]")
    try:
        found = socket.getaddrinfo(bare, None, type=socket.SOCK_STREAM)[0][4][0]
    except OSError as error:
        raise ConfigError(f"--workers-at {host}: no address: {error}; write an address") from error
    address = ipaddress.ip_address(str(found).partition("%")[0])
    if address.is_loopback or address.is_unspecified:
        fix = "write an address of this machine that pods reach, for example 10.0.0.1:5557"
        raise ConfigError(f"--workers-at {host}: no pod reaches this machine there; {fix}")
    return f"{address}/{address.max_prefixlen}"


def _files(place: Place, scenario: SentScenario) -> dict[str, Any]:
    data = {f"file-{number}": text for number, text in enumerate(scenario.files.values())}
    return {**_named(place, "ConfigMap", "v1", PREFIX), "data": data}


def _job(place: Place, asked: WorkersAsked, scenario: SentScenario, number: int) -> dict[str, Any]:
    job = _named(place, "Job", "batch/v1", f"{PREFIX}-{number}")
    client = place.entry_edge.partition(">")[0]  # as the policies of the system name it
    labels = {**job["metadata"]["labels"], **({NAME: client} if client else {})}
    template = {"metadata": {"labels": labels}, "spec": _pod(place, asked, scenario)}
    job["spec"] = {
        "backoffLimit": 0,
        "activeDeadlineSeconds": math.ceil(asked.limit_s),
        "ttlSecondsAfterFinished": KEPT_S,
        "template": template,
    }
    return job


def _pod(place: Place, asked: WorkersAsked, scenario: SentScenario) -> dict[str, Any]:
    user = 10001
    same = {"matchLabels": {SYSTEM: place.system, LOAD: "worker"}}
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": _GRACE_S,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": user,
            "runAsGroup": user,
            "fsGroup": user,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": same,
            }
        ],
        "containers": [_container(place, asked, scenario)],
        "volumes": _volumes(scenario),
    }


def _container(place: Place, asked: WorkersAsked, scenario: SentScenario) -> dict[str, Any]:
    mounts = [{"name": "temporary", "mountPath": "/tmp"}]  # noqa: S108  # of the pod alone
    if scenario.files:
        mounts.append({"name": "scenario", "mountPath": str(MOUNTED)})
    environment = {
        SCENARIO_VARIABLE: scenario.scenario,
        "HOME": "/tmp",  # noqa: S108  # as above
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return {
        "name": "worker",
        "image": _image(place),
        "imagePullPolicy": "IfNotPresent",
        "workingDir": "/tmp",  # noqa: S108  # as above
        "command": _command(place, asked, scenario),
        "env": [{"name": name, "value": value} for name, value in environment.items()],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        # Its one process needs less than one core: the limit never makes it late.
        "resources": {
            "requests": {"cpu": "100m", "memory": "128Mi"},
            "limits": {"cpu": "2", "memory": "512Mi"},
        },
        "volumeMounts": mounts,
    }


def _command(place: Place, asked: WorkersAsked, scenario: SentScenario) -> list[str]:
    host, _, port = asked.master.rpartition(":")
    locust = ["python3", "-I", "-u", "-m", "harness.load.locust", "-f", scenario.users]
    at = ["--master-host", host, "--master-port", port, "--host", load_entry(place)]
    return [*locust, "--worker", "--headless", *at]


def _volumes(scenario: SentScenario) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"name": "temporary", "emptyDir": {"sizeLimit": "64Mi"}}]
    if scenario.files:
        items = [
            {"key": f"file-{number}", "path": name} for number, name in enumerate(scenario.files)
        ]
        found.append({"name": "scenario", "configMap": {"name": PREFIX, "items": items}})
    return found


def _image(place: Place) -> str:
    if not place.image:
        wrong = "--load in-cluster: options.image of the deployment file is missing"
        fix = f"write the image that has Squall, for example {_IMAGE_EXAMPLE}"
        raise ConfigError(f"{wrong}; fix: {fix}")
    return place.image
