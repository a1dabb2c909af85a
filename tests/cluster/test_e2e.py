"""The life of a release from installation to removal: each test continues the one before it."""

import json
import os
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

import pytest

from tests.cluster.conftest import CHART, Cluster, Ingress
from tests.support.gateway.gateway_process import asked_all_the_time
from tests.support.waiting import until

GATEWAY = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": "public"}}
GATEWAY_SPEC = {"listeners": [{"name": "http", "port": 80, "protocol": "HTTP"}]}
NEW_SETTINGS = "--set=training.options.seed=7"
# Runs inside a model server's pod and tells how an empty HandleReloadConfigRequest is answered.
RELOAD = """
import grpc
with grpc.insecure_channel("127.0.0.1:8500") as channel:
    reload = channel.unary_unary("/tensorflow.serving.ModelService/HandleReloadConfigRequest")
    try:
        print("OK", reload(b"", timeout=30))
    except grpc.RpcError as error:
        print(error.code().name, error.details())
"""

# Runs inside a model server's pod and stops its process, for whose port the kernel goes on accepting connections.
STOP = """
import os, pathlib, signal
for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
    if b"--port=8500" in path.read_bytes().split(b"\\0"):
        os.kill(int(path.parent.name), signal.SIGSTOP)
"""
SECONDS_OF_FAILURES = 2  # that callers may notice of a model server that hangs


def served_version(ingress: Ingress) -> str:
    return str(ingress.ask("GET", "/model").headers["X-Model-Version"])


def identities(cluster: Cluster) -> dict[str, str]:
    """What would change if anything were replaced or restarted."""
    return {
        each["metadata"]["name"]: f"{each['metadata']['uid']} {each['status']['containerStatuses'][0]['restartCount']}"
        for each in cluster.objects("pods")
        if each["metadata"]["labels"].get("app.kubernetes.io/component")
    }


def test_install_from_nothing_trains_serves_and_answers(cluster, ingress, beats, bodies):
    cluster.kubectl("create", "configmap", "beats", f"--from-file={beats}")
    cluster.deploy("install")
    assert ingress.ask("GET", "/health").json == {"status": "healthy"}
    answer = ingress.ask("POST", "/predict", bodies[0])
    assert answer.status_code == 200
    assert answer.headers["X-Model-Version"] == "1"


def test_answers_are_those_of_the_models_own_evaluation(ingress, splits, bodies, tell):
    answers = [ingress.ask("POST", "/predict", body).json["predicted_class"] for body in bodies]
    truth = splits.class_labels[splits.test.columns()].tolist()
    counts = Counter(zip(truth, answers, strict=True))
    description = ingress.ask("GET", "/model").json["metrics"]
    labels = description["class_labels"]
    assert [[counts[true, predicted] for predicted in labels] for true in labels] == description["confusion_matrix"]
    tell(f"{len(bodies)} held-back beats through the ingress: accuracy {description['accuracy']:.3f}, as in the Job")


def test_helm_test_passes(cluster):
    output = cluster.helm("test", "ecg", "--logs", "--timeout=2m")
    assert "Succeeded" in output
    assert "version 1, class 0: {'predicted_class': 0" in output


@pytest.mark.skipif("ECG_REGISTRY" not in os.environ, reason="ECG_REGISTRY names no registry by plain HTTP")
def test_the_packaged_chart_from_a_registry_changes_nothing(cluster, tmp_path):
    registry = f"oci://{os.environ['ECG_REGISTRY']}/charts"
    cluster.helm("package", CHART, f"--destination={tmp_path}")
    (package,) = tmp_path.iterdir()
    cluster.helm("push", package, registry, "--plain-http")
    before = identities(cluster)
    cluster.helm("upgrade", "ecg", f"{registry}/ecg", "--plain-http", "--reuse-values", "--wait", "--timeout=2m")
    assert identities(cluster) == before


def predicted(way: Ingress, body: object) -> bool:
    return bool(way.ask("POST", "/predict", body).status_code == 200)


@pytest.mark.skipif("ECG_GATEWAY" not in os.environ, reason="ECG_GATEWAY says nowhere that Gateways listen")
def test_a_gateway_and_another_ingress_class_lead_to_a_prediction(cluster, bodies):
    address, kind = os.environ["ECG_GATEWAY"], os.environ.get("ECG_GATEWAY_CLASS", "traefik")
    cluster.kubectl(
        "create", "--filename=-", text=json.dumps(GATEWAY | {"spec": GATEWAY_SPEC | {"gatewayClassName": kind}})
    )
    route = ("httpRoute.enabled=true", "httpRoute.parentRefs[0].name=public", "httpRoute.hostnames[0]=route.test")
    changed = (*route, f"ingress.className={kind}", "ingress.host=ingress.test")
    try:
        cluster.deploy("upgrade", "--reuse-values", *(f"--set={each}" for each in changed))
        for way in (Ingress(address, "route.test"), Ingress(address, "ingress.test")):
            until(partial(predicted, way, bodies[0]))
    finally:
        cluster.kubectl("delete", "gateway", "public")
        cluster.deploy("upgrade")


def test_the_model_server_refuses_a_reload(cluster):
    pod = ("deployment/ecg-serving", "--container=serving")
    assert cluster.kubectl("exec", *pod, "--", "python", "-c", RELOAD).startswith("PERMISSION_DENIED ")


@contextmanager
def dripping(host: str, port: int, connections: int = 8) -> Iterator[None]:
    """Clients that send a byte of a request each second, and reconnect when the server disconnects them."""
    enough = threading.Event()

    def drip() -> None:
        while not enough.is_set():
            with suppress(OSError), socket.create_connection((host, port), timeout=5) as connection:
                connection.sendall(b"GET /v1/models/ecg HTTP/1.1\r\nX: ")
                while not enough.wait(1):
                    connection.sendall(b"a")

    threads = [threading.Thread(target=drip) for _ in range(connections)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        enough.set()
        for thread in threads:
            thread.join()


def test_a_model_server_stays_ready_beside_slow_connections(cluster):
    (pod, *_) = cluster.objects("pods", "serving")
    name, (probe,) = pod["metadata"]["name"], [each["readinessProbe"] for each in pod["spec"]["containers"]]
    longer = probe["periodSeconds"] * probe["failureThreshold"] + 10
    waiting = ("kubectl", "--namespace", cluster.namespace, "wait", f"pod/{name}", "--for=condition=Ready=false")
    with dripping(pod["status"]["podIP"], 8501):
        unready = subprocess.run([*waiting, f"--timeout={longer}s"], capture_output=True, text=True, check=False)
    assert unready.returncode != 0
    assert "timed out waiting" in unready.stderr


def test_a_model_server_without_a_handler_of_sigterm_ends_long_before_its_grace_period(cluster):
    (deployment,) = cluster.objects("deployments", "serving")
    spec = deployment["spec"]["template"]["spec"] | {"terminationGracePeriodSeconds": 240}
    (server,) = spec["containers"]
    # `sleep` handles no signal; it answers no probe either, and has no clients to wait for
    for name in ("args", "lifecycle", "startupProbe", "readinessProbe", "livenessProbe"):
        server.pop(name)
    server["command"] = ["sleep", "3600"]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "no-handler"}, "spec": spec}
    cluster.kubectl("create", "--filename=-", text=json.dumps(pod))
    cluster.kubectl("wait", "pod/no-handler", "--for=condition=Ready", "--timeout=2m")
    cluster.kubectl("delete", "pod/no-handler", "--wait=true", "--timeout=60s")


def test_an_upgrade_without_a_change_trains_and_restarts_nothing(cluster, ingress):
    before, jobs = identities(cluster), cluster.names("jobs")
    cluster.deploy("upgrade")
    assert (identities(cluster), cluster.names("jobs")) == (before, jobs)
    assert served_version(ingress) == "1"


def test_new_settings_bring_a_new_version_without_a_failed_request(cluster, ingress, bodies, tell):
    with asked_all_the_time(ingress, bodies, clients=2) as load:
        cluster.deploy("upgrade", NEW_SETTINGS)
        load.wait_for(200, version=2)
    tell(f"new version under load: {load.summary}")
    assert set(load.statuses) == {200}


def test_rollback_returns_to_the_first_settings(cluster, ingress, bodies, tell):
    with asked_all_the_time(ingress, bodies, clients=2) as load:
        cluster.helm("rollback", "ecg", "1", "--wait", "--wait-for-jobs", "--timeout=5m")
        load.wait_for(200, version=3)
    tell(f"rollback under load: {load.summary}")
    assert set(load.statuses) == {200}


@pytest.mark.parametrize("component", ["gateway", "serving"])
def test_a_deleted_pod_costs_no_request(cluster, ingress, bodies, tell, component):
    with asked_all_the_time(ingress, bodies) as load:
        load.wait_for(200)
        victim = cluster.names("pods", component)[0]
        cluster.kubectl("delete", "pod", victim, "--wait=true")
        cluster.kubectl("rollout", "status", f"deployment/ecg-{component}", "--timeout=3m")
        load.wait_for(200)
    tell(f"{component} pod deleted under load: {load.summary}")
    assert set(load.statuses) == {200}


@contextmanager
def replicas_of(cluster: Cluster, deployment: str) -> Iterator[list[int]]:
    """The numbers of requested and ready pods at each change during the block."""
    output = 'jsonpath={.spec.replicas} {.status.readyReplicas}{"\\n"}'
    command = ["kubectl", f"--namespace={cluster.namespace}", "get", deployment, "--watch", f"--output={output}"]
    seen: list[int] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watch:
        assert watch.stdout
        seen += map(int, watch.stdout.readline().split())  # only now is it watching
        try:
            yield seen
        finally:
            watch.terminate()
            seen += map(int, watch.stdout.read().split())


def test_a_hung_model_server_fails_no_request_after_seconds_and_is_restarted(cluster, ingress, bodies, tell):
    pod = cluster.objects("pods", "serving")[0]
    victim, restarts = pod["metadata"]["name"], pod["status"]["containerStatuses"][0]["restartCount"]
    restarted = f"--for=jsonpath={{.status.containerStatuses[0].restartCount}}={restarts + 1}"
    with asked_all_the_time(ingress, bodies, clients=3, pause=0.1) as load:
        load.wait_for(200)
        cluster.kubectl("exec", victim, "--container=serving", "--", "python", "-c", STOP)
        hung = time.monotonic()
        cluster.kubectl("wait", f"pod/{victim}", restarted, "--timeout=4m")
        back = time.monotonic() - hung
        cluster.kubectl("wait", f"pod/{victim}", "--for=condition=Ready", "--timeout=2m")
        load.wait_for(200)
    failed = [round(each.started - hung, 1) for each in load.answers if each.status_code != 200]
    tell(f"model server hung under load: {load.summary}, failed after {failed} s, restarted after {back:.0f} s")
    assert [seconds for seconds in failed if seconds > SECONDS_OF_FAILURES] == []


def test_the_gateway_grows_under_load_and_shrinks_again(cluster, ingress, bodies, tell):
    def replicas_reach(count: int) -> None:
        wanted = f"--for=jsonpath={{.status.readyReplicas}}={count}"
        cluster.kubectl("wait", "deployment/ecg-gateway", wanted, "--timeout=4m")

    with replicas_of(cluster, "deployment/ecg-gateway") as seen:
        cluster.deploy("upgrade", "--set=gateway.autoscaling.enabled=true")
    assert min(seen) == 2
    replicas_reach(2)
    with asked_all_the_time(ingress, bodies, clients=16) as load:
        replicas_reach(3)
    replicas_reach(2)
    tell(f"two gateway pods became three and two again: {load.summary}")
    assert set(load.statuses) == {200}


def test_trained_versions_outlive_the_release(cluster, ingress, bodies):
    latest = int(served_version(ingress))
    cluster.helm("uninstall", "ecg", "--wait", "--timeout=3m")
    assert cluster.names("persistentvolumeclaims") == ["ecg-models"]
    cluster.deploy("install")
    assert served_version(ingress) == str(latest + 1)
    assert ingress.ask("POST", "/predict", bodies[0]).status_code == 200
    cluster.helm("uninstall", "ecg", "--wait", "--timeout=3m")
