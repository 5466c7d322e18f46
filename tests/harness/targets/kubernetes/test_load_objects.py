"""The objects of load workers in a cluster, and what is refused before one is written."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.errors import ConfigError
from harness.load.scenario import scenario_path
from harness.targets.cluster_abilities import WorkersAsked
from harness.targets.kubernetes.load_objects import worker_objects
from harness.targets.kubernetes.load_workers import address_towards
from harness.targets.kubernetes.place import Place
from harness.targets.kubernetes.sent_scenario import BYTES_MAX

PLACE = Place(
    context="c",
    namespace="shop",
    system="small",
    entry="gateway:8080",
    entry_edge="payer>payments",
    image="example.local/squall:1",
)


def asked(scenario: Path, count: int = 2, master: str = "10.1.2.3:5557") -> WorkersAsked:
    return WorkersAsked(count=count, scenario=scenario, master=master, limit_s=61.5)


def objects_of(scenario: Path, kind: str, count: int = 2) -> list[dict[str, Any]]:
    return [one for one in worker_objects(PLACE, asked(scenario, count)) if one["kind"] == kind]


def container_of(job: dict[str, Any]) -> dict[str, Any]:
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert isinstance(container, dict)
    return container


def environment_of(job: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in container_of(job)["env"]}


def test_each_worker_is_a_job_that_is_never_repeated_and_ends_in_time() -> None:
    jobs = objects_of(scenario_path("steady_users"), "Job", count=3)
    assert [job["metadata"]["name"] for job in jobs] == [f"squall-load-{n}" for n in range(3)]
    for job in jobs:
        assert job["spec"]["backoffLimit"] == 0
        assert job["spec"]["activeDeadlineSeconds"] == 62
        assert job["spec"]["ttlSecondsAfterFinished"] > 0
        assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never"


def test_all_of_it_carries_the_labels_by_which_a_system_is_removed(tmp_path: Path) -> None:
    file = tmp_path / "shopper.py"
    file.write_text("CURVE = 1\n")
    objects = worker_objects(PLACE, asked(file))
    pods = [one["spec"]["template"] for one in objects if one["kind"] == "Job"]
    assert [one["kind"] for one in objects] == ["NetworkPolicy", "ConfigMap", "Job", "Job"]
    for one in (*objects, *pods):
        labels = one["metadata"]["labels"]
        assert labels["app.kubernetes.io/part-of"] == "squall"
        assert labels["squall.dev/system"] == "small"


def test_a_worker_has_no_rights_and_writes_nothing_but_its_temporary_files() -> None:
    (job, _) = objects_of(scenario_path("steady_users"), "Job")
    pod, container = job["spec"]["template"]["spec"], container_of(job)
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert set(container["resources"]) == {"requests", "limits"}
    assert [mount["mountPath"] for mount in container["volumeMounts"]] == ["/tmp"]


def test_a_worker_finds_its_master_and_sends_to_the_service_inside() -> None:
    (job, _) = objects_of(scenario_path("steady_users"), "Job")
    words = container_of(job)["command"]
    given = dict(pairwise(words))
    assert given["--master-host"] == "10.1.2.3"
    assert given["--master-port"] == "5557"
    assert given["--host"] == "http://gateway:8080"
    assert given["-f"] == "/opt/squall/scenarios/steady_users.py"
    assert "--worker" in words


def test_its_pods_are_clients_to_the_policies_of_the_system() -> None:
    (job, _) = objects_of(scenario_path("steady_users"), "Job")
    labels = job["spec"]["template"]["metadata"]["labels"]
    assert labels["app.kubernetes.io/name"] == "payer"


def test_the_policy_lets_workers_reach_their_master_and_the_namespace() -> None:
    (policy,) = objects_of(scenario_path("steady_users"), "NetworkPolicy")
    (job, _) = objects_of(scenario_path("steady_users"), "Job")
    chosen = policy["spec"]["podSelector"]["matchLabels"]
    assert chosen.items() <= job["spec"]["template"]["metadata"]["labels"].items()
    assert policy["spec"]["egress"][0] == {
        "to": [{"ipBlock": {"cidr": "10.1.2.3/32"}}],
        "ports": [{"protocol": "TCP", "port": 5557}],
    }
    assert {"to": [{"podSelector": {}}]} in policy["spec"]["egress"]


def test_payers_of_the_lean_engine_are_carried_by_our_locust_user() -> None:
    (job, _) = objects_of(scenario_path("payday_spike"), "Job")
    assert "/opt/squall/harness/load/locust/payer_user.py" in container_of(job)["command"]
    found = environment_of(job)["SQUALL_LOAD_SCENARIO"]
    assert found == "/opt/squall/scenarios/payday_spike.py"


def test_a_file_of_the_user_is_sent_with_what_it_imports_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "shopper.py"
    file.write_text("import basket\nfrom locust import FastHttpUser\n")
    (tmp_path / "basket.py").write_text("from prices import PRICES\n")
    (tmp_path / "prices.py").write_text("import basket\nPRICES = {}\n")
    (tmp_path / "secrets_of_others.py").write_text("TOKEN = 1\n")
    (config,) = objects_of(file, "ConfigMap")
    (job, _) = objects_of(file, "Job")
    volumes = {one["name"]: one for one in job["spec"]["template"]["spec"]["volumes"]}
    names = {i["path"]: config["data"][i["key"]] for i in volumes["scenario"]["configMap"]["items"]}
    assert names == {
        name: (tmp_path / name).read_text() for name in ("shopper.py", "basket.py", "prices.py")
    }
    assert "/scenario/shopper.py" in container_of(job)["command"]


def test_a_file_that_no_config_map_holds_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "shopper.py"
    file.write_text("CURVE = 1\n" + "#" * BYTES_MAX)
    with pytest.raises(ConfigError, match=r"shopper.py: it has 1,000,010 bytes"):
        worker_objects(PLACE, asked(file))


def test_a_package_beside_the_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "shopper.py"
    file.write_text("from shop.prices import PRICES\n")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("")
    with pytest.raises(ConfigError, match="imports the package shop beside it"):
        worker_objects(PLACE, asked(file))


def test_a_file_with_a_secret_of_this_environment_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "shopper.py"
    file.write_text('ENGINE = "lean"\nHEADERS = {"X-Token": "${TOKEN}"}\n')
    with pytest.raises(ConfigError, match="takes the variable TOKEN"):
        worker_objects(PLACE, asked(file))


@pytest.mark.parametrize("master", ["127.0.0.1:5557", "localhost:5557", "0.0.0.0:5557", "[::1]:1"])
def test_a_master_that_no_pod_reaches_is_refused(master: str) -> None:
    with pytest.raises(ConfigError, match=r"no pod reaches this machine there; write an address"):
        worker_objects(PLACE, asked(scenario_path("steady_users"), master=master))


def test_without_an_image_nothing_is_guessed() -> None:
    bare = msgspec.structs.replace(PLACE, image="")
    with pytest.raises(ConfigError, match=r"options.image of the deployment file is missing"):
        worker_objects(bare, asked(scenario_path("steady_users")))


def test_the_master_is_found_on_the_way_to_the_api_server() -> None:
    assert address_towards("https://127.0.0.1:6443") == "127.0.0.1"
    with pytest.raises(ConfigError, match="--workers-at HOST:PORT"):
        address_towards("https://nowhere.invalid:6443")
