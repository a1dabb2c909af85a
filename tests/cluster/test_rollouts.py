"""Rollouts of model versions, in the order of a release's life: each test continues the one before it.

Versions: 1 and 2 are good, 3 is corrupt, 4 is worse, 5 is good again.
"""

import json
import os
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import partial
from math import sqrt
from typing import Any

import pytest

from tests.cluster.conftest import CHART, VALUES, Cluster, Ingress, Rollout, in_namespace, run
from tests.support.gateway.gateway_process import asked_all_the_time
from tests.support.kubernetes.helm import yaml_reader
from tests.support.prometheus import Prometheus, running
from tests.support.waiting import until

HOST = "rollouts.test"
PUBLISH_ONLY = "--set=rollout.promote=false"
ROUGHLY = "--tolerance=0.05"  # where no interval says by how much good versions differ by chance


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with in_namespace(f"ecg-rollouts-{os.getpid()}") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def rollout(cluster: Cluster) -> Rollout:
    return Rollout(cluster.namespace)


@pytest.fixture(scope="module", autouse=True)
def prometheus(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus | None]:
    """Scrapes the release all its life as the chart's ServiceMonitors say; None where it is not installed."""
    if not shutil.which("prometheus"):
        yield None
        return
    switches = ("--set=serviceMonitor.enabled=true", "--set=prometheusRule.enabled=true", f"--values={VALUES}")
    read_yaml = yaml_reader(partial(run, "helm"), tmp_path_factory.mktemp("reader"))
    objects = read_yaml(cluster.helm("template", "ecg", CHART, *switches))
    monitors = [each for each in objects if each["kind"] == "ServiceMonitor"]
    (rules,) = [each["spec"] for each in objects if each["kind"] == "PrometheusRule"]
    for rule in rules["groups"][0]["rules"]:
        del rule["for"]
    with running(tmp_path_factory.mktemp("prometheus"), monitors, rules, partial(cluster.objects, "pods")) as started:
        yield started


def deploy(cluster: Cluster, command: str, *arguments: str) -> None:
    cluster.deploy(command, f"--set=ingress.host={HOST}", "--set=serving.preStopSeconds=15", *arguments)


def status(rollout: Rollout) -> dict[str, Any]:
    text: dict[str, Any] = json.loads(rollout("status", "--json"))
    return text


def versions_of_pods(cluster: Cluster) -> dict[str, list[str]]:
    """Every version that each serving pod has had in its life, by its model server's own account."""
    found = {}
    for pod in cluster.objects("pods", "serving"):
        name = pod["metadata"]["name"]
        path = f"/api/v1/namespaces/{cluster.namespace}/pods/{name}:8501/proxy/v1/models/ecg"
        found[name] = [
            row["version"] for row in json.loads(run("kubectl", "get", "--raw", path))["model_version_status"]
        ]
    return found


def history(cluster: Cluster) -> str:
    return cluster.kubectl("rollout", "history", "deployment/ecg-serving")


def test_the_first_version_is_promoted_by_the_job_that_trained_it(cluster, ingress, rollout, beats):
    cluster.kubectl("create", "configmap", "beats", f"--from-file={beats}")
    deploy(cluster, "install")
    assert ingress.ask("GET", "/model").headers["X-Model-Version"] == "1"
    assert "model version 1" in history(cluster)
    assert set(map(tuple, versions_of_pods(cluster).values())) == {("1",)}


def test_the_job_may_patch_that_deployment_and_nothing_else(cluster):
    account = f"system:serviceaccount:{cluster.namespace}:ecg-training"
    rows = cluster.kubectl("auth", "can-i", "--list", f"--as={account}", "--no-headers").splitlines()
    verbs = {row.split()[0]: set(row.rpartition("[")[2].rstrip("]").split()) for row in rows}
    changing = {what: granted for what, granted in verbs.items() if granted - {"get", "list", "watch"}}
    # everybody may ask what they themselves may do
    assert {what for what in changing if not what.startswith("selfsubject")} == {"deployments.apps"}
    assert changing["deployments.apps"] == {"get", "patch"}
    assert "[ecg-serving]" in next(row for row in rows if row.startswith("deployments.apps"))


def test_a_published_version_is_not_served_until_it_is_promoted(cluster, ingress, rollout):
    deploy(cluster, "upgrade", "--set=training.options.seed=1", PUBLISH_ONLY)
    listed = {row["version"]: row for row in json.loads(rollout("list", "--json"))}
    assert set(listed) == {1, 2}
    assert ingress.ask("GET", "/model").headers["X-Model-Version"] == "1"


def test_promoting_under_load_fails_no_request_and_each_pod_keeps_its_version(cluster, ingress, rollout, bodies, tell):
    with asked_all_the_time(ingress, bodies, clients=5, pause=0.1) as load:
        load.wait_for(200, version=1)
        said = rollout("promote", 2)
        load.wait_for(200, version=2)
    tell(f"promotion at some 50 requests a second: {load.summary}")
    assert set(load.statuses) == {200}
    assert status(rollout)["served"] == 2, said
    assert set(map(tuple, versions_of_pods(cluster).values())) <= {("1",), ("2",)}
    assert ingress.ask("GET", "/model").headers["X-Model-Version"] == "2"
    assert "model version 2: promoted" in history(cluster)


def test_promoting_the_served_version_changes_nothing(cluster, rollout):
    before = cluster.names("replicasets", "serving")
    assert "served" in rollout("promote", 2)
    assert cluster.names("replicasets", "serving") == before


def corrupt(cluster: Cluster, source: int, version: int) -> None:
    """Publish a copy of a version with its variables cut short, by a pod that may write to the volume."""
    base, folder = "/models/ecg", "/models/ecg/staging-corrupt"
    cut = f"truncate --size=100 {folder}/variables/variables.data-*"
    command = f"cp -r {base}/{source} {folder} && {cut} && mv {folder} {base}/{version}"
    like = ("create", "job", "corrupt", "--from=cronjob/ecg-training")
    job = json.loads(cluster.kubectl(*like, "--dry-run=client", "--output=json"))
    pod = job["spec"]["template"]["spec"]
    (training,) = [each for each in pod.pop("initContainers", []) + pod["containers"] if each["name"] == "training"]
    pod["containers"] = [training | {"command": ["sh", "-c", command], "args": []}]
    del job["spec"]["podFailurePolicy"]
    cluster.kubectl("apply", "--filename=-", text=json.dumps(job))
    cluster.kubectl("wait", "job/corrupt", "--for=condition=Complete", "--timeout=2m")


def test_a_corrupt_version_set_by_hand_fails_visibly_and_undo_restores(cluster, ingress, rollout, bodies, tell):
    corrupt(cluster, source=2, version=3)
    with asked_all_the_time(ingress, bodies, clients=2, pause=0.1) as load:
        cluster.kubectl("set", "env", "deployment/ecg-serving", "ECG_MODEL_VERSION=3")
        waiting = ["kubectl", "--namespace", cluster.namespace, "rollout", "status", "deployment/ecg-serving"]
        stuck = subprocess.run([*waiting, "--timeout=30s"], capture_output=True, text=True, check=False)
        assert stuck.returncode != 0
        assert "1 out of 2 new replicas have been updated" in stuck.stdout
        found = status(rollout)
        assert (found["served"], found["arriving"], found["complete"]) == (2, 3, False)
        assert "container serving ended with" in found["trouble"]
        cluster.kubectl("rollout", "undo", "deployment/ecg-serving")
        run(*waiting, "--timeout=2m")
    tell(f"corrupt version by hand: {load.summary}")
    assert {answer.headers["X-Model-Version"] for answer in load.answers} == {"2"}
    assert set(load.statuses) == {200}
    assert history(cluster).strip().splitlines()[-1].split(maxsplit=1)[1].startswith("model version 2")


def test_a_corrupt_version_is_rolled_back_by_the_tool_itself(ingress, rollout, bodies, tell):
    with asked_all_the_time(ingress, bodies, clients=2, pause=0.1) as load:
        said = rollout("promote", 3, "--force", code=1)
    tell(f"corrupt version by the tool: {load.summary}\n{said}")
    assert set(load.statuses) == {200}
    assert {answer.headers["X-Model-Version"] for answer in load.answers} == {"2"}
    assert status(rollout)["served"] == 2


def test_a_worse_version_is_left_by_its_job_and_refused_by_the_gate(cluster, ingress, rollout):
    worse = "--set=training.options.epochs=1,training.options.learningRate=0.00001"
    deploy(cluster, "upgrade", worse)
    job = cluster.names("jobs", "training")[-1]
    assert "accuracy" in cluster.kubectl("logs", f"job/{job}", "--container=rollout")
    assert ingress.ask("GET", "/model").headers["X-Model-Version"] == "2"
    assert "accuracy" in rollout("promote", 4, code=3)
    assert status(rollout)["served"] == 2


def test_a_canary_gets_its_share_and_its_clients_stay_with_it(cluster, ingress, rollout, bodies, tell):
    deploy(cluster, "upgrade", "--set=training.options.seed=2", PUBLISH_ONLY)
    rollout("canary", 5, ROUGHLY, "--weight", 20)
    asked = 1000
    with asked_all_the_time(ingress, bodies, clients=2) as load:
        load.wait_for(200, version=5)  # both workers of each gateway know of it when they have answered for it
        load.wait_for(200, times=500)
        load.answers.clear()
        load.wait_for(200, times=asked)
    counts = Counter(answer.headers["X-Model-Version"] for answer in load.answers)
    share = counts["5"] / counts.total()
    tell(f"canary at 20 %: {share:.3f} of {counts.total()} requests")
    assert set(load.statuses) == {200}
    assert abs(share - 0.2) < 4 * sqrt(0.2 * 0.8 / counts.total())
    for client in range(10):
        answers = [ingress.ask("POST", "/predict", bodies[0], {"X-Client-ID": f"client {client}"}) for _ in range(5)]
        assert len({answer.headers["X-Model-Version"] for answer in answers}) == 1


def test_a_request_may_name_its_version(ingress, bodies):
    for version in ("2", "5"):
        answer = ingress.ask("POST", "/predict", bodies[0], {"X-Model-Version": version})
        assert (answer.status_code, answer.headers["X-Model-Version"]) == (200, version)
    absent = ingress.ask("POST", "/predict", bodies[0], {"X-Model-Version": "77"})
    assert (absent.status_code, absent.json["error"]["available"]) == (404, [5, 2])


def test_an_aborted_canary_has_no_pods(cluster, ingress, rollout, bodies):
    rollout("abort")
    assert status(rollout)["served"] == 2
    assert {ingress.ask("POST", "/predict", bodies[0]).headers["X-Model-Version"] for _ in range(20)} == {"2"}


def test_a_canary_that_raises_itself_is_promoted(ingress, rollout, bodies, tell):
    with asked_all_the_time(ingress, bodies, clients=3, pause=0.02) as load:
        said = rollout("canary", 5, ROUGHLY, "--auto", "--steps", "20,50", "--requests", "100")
        load.wait_for(200, version=5)
    tell(f"automatic canary: {load.summary}\n{said}")
    assert set(load.statuses) == {200}
    assert status(rollout)["served"] == 5


def test_undo_goes_back(ingress, rollout):
    rollout("undo")
    assert status(rollout)["served"] == 2
    # a gateway reads once a second that the pods of the former version get no more requests while they leave
    until(lambda: ingress.ask("GET", "/model").headers["X-Model-Version"] == "2")


def test_an_upgrade_during_a_canary_waits_for_its_end_and_does_not_harm_it(cluster, ingress, rollout, bodies, tell):
    served = status(rollout)["served"]
    target = 1 if served == 2 else 2
    rollout("canary", target, "--force", "--weight", 20)
    changed = (f"--set=ingress.host={HOST}", "--set=serving.preStopSeconds=14", "--set=training.enabled=false")
    text = cluster.deploy("upgrade", *changed, wait=False)
    assert f"Model version {target} is a candidate, and ecg-serving is paused" in text
    until(lambda: status(rollout)["upgrade_waits"])
    with asked_all_the_time(ingress, bodies, clients=2, pause=0.1) as load:
        rollout("finish")
        load.wait_for(200, version=target)
    tell(f"upgrade during a canary: {load.statuses}")
    assert set(load.statuses) == {200}
    assert (status(rollout)["served"], status(rollout)["complete"]) == (target, True)
    (deployment,) = cluster.objects("deployments", "serving")
    assert deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 14 + 30
    assert deployment["spec"]["progressDeadlineSeconds"] == 600, "no update has to wait for a training any more"
    rollout("undo")
    assert status(rollout)["served"] == served


def test_of_two_simultaneous_promotions_one_wins_and_the_other_fails_with_the_reason(rollout):
    both = [rollout.start("promote", version, "--force") for version in (1, 5)]
    said = [process.communicate()[0] for process in both]
    codes = [process.returncode for process in both]
    assert sorted(codes) == [0, 1], said
    winner = (1, 5)[codes.index(0)]
    assert f"version {winner} is being promoted" in said[codes.index(1)]
    assert status(rollout)["served"] == winner


def test_a_killed_promotion_is_finished_by_running_it_again(ingress, rollout, bodies):
    target = 1 if status(rollout)["served"] == 2 else 2
    with asked_all_the_time(ingress, bodies, clients=2, pause=0.1) as load:
        process = rollout.start("promote", target, "--force")
        assert process.stdout
        for line in process.stdout:
            if f"version {target}: waiting for" in line:
                break
        process.send_signal(signal.SIGKILL)
        process.communicate()
        rollout("promote", target, "--force")
        load.wait_for(200, version=target)
    assert set(load.statuses) == {200}
    assert status(rollout)["served"] == target


def test_every_panel_of_the_dashboard_has_data(cluster, prometheus):
    if prometheus is None:
        pytest.skip("prometheus is not installed")
    names = {"$namespace": cluster.namespace, "$release": "ecg", "$__rate_interval": "20m"}
    panels = json.loads((CHART / "files" / "dashboard.json").read_text())["panels"]
    queries = [target["expr"] for panel in panels for target in panel["targets"]]
    for name, value in names.items():
        queries = [query.replace(name, value) for query in queries]
    assert [query for query in queries if not prometheus.query(query)] == []


def test_an_alert_fires_if_no_model_server_is_left(cluster, prometheus, bodies):
    if prometheus is None:
        pytest.skip("prometheus is not installed")
    assert "EcgGatewayErrors" not in prometheus.firing()
    (pod, *_) = cluster.objects("pods", "gateway")
    cluster.kubectl("scale", "deployment/ecg-serving", "--replicas=0")
    # not by the ingress, which leads to no gateway that is not ready
    with asked_all_the_time(Ingress(f"http://{pod['status']['podIP']}:5000", HOST), bodies, pause=0.05):
        until(lambda: "EcgGatewayErrors" in prometheus.firing(), seconds=120)
