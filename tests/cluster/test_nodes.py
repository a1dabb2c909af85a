"""A release on two nodes, in the order of its life: one node is drained, loses its power, and then its cable."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.conftest import SWITCH, Cluster, in_namespace, run
from tests.cluster.nodes import failing_seconds, gateway_beside, lost_for_a_while, nodes_of, spread
from tests.support.gateway.gateway_process import asked_all_the_time

pytestmark = pytest.mark.skipif(not SWITCH, reason="ECG_NODE names no second node that may be lost")
HOST = "nodes.test"
FAILING_SECONDS = 2.0  # from the first failed request to the last, when a node is lost
NODE_IP = '{.items[*].status.addresses[?(@.type=="InternalIP")].address}'
# Runs inside a pod, and prints whether each address takes a connection.
CONNECT = """
import socket, sys
for address in sys.argv[1:]:
    host, port = address.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), timeout=3).close()
        print("open")
    except OSError:
        print("closed")
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with in_namespace(f"ecg-nodes-{os.getpid()}") as cluster:
        yield cluster


def test_the_release_is_trained_by_both_nodes_and_spread_over_them(cluster, ingress, beats, bodies, lost):
    addresses = run("kubectl", "get", "nodes", f"--output=jsonpath={NODE_IP}").split()
    cluster.kubectl("create", "configmap", "beats", f"--from-file={beats}")
    from_nodes = {f"networkPolicy.gatewayFrom[{i}].ipBlock.cidr": f"{each}/32" for i, each in enumerate(addresses)}
    values = {
        "ingress.host": HOST,
        "models.accessMode": "ReadWriteMany",
        "models.storageClass": os.environ.get("ECG_SHARED_CLASS", "shared"),
        "training.workers": 2,
        "gateway.podDisruptionBudget": "true",
        "serving.podDisruptionBudget": "true",
        "networkPolicy.enabled": "true",
        **from_nodes,
    }
    cluster.deploy("install", *(f"--set={name}={value}" for name, value in values.items()))
    trained = {pod["spec"]["nodeName"] for pod in cluster.objects("pods", "training")}
    for where in (trained, set(nodes_of(cluster, "serving")), set(nodes_of(cluster, "gateway"))):
        assert len(where) == 2
        assert lost in where
    assert ingress.ask("POST", "/predict", bodies[0]).status_code == 200


def test_a_foreign_pod_reaches_neither_the_model_server_nor_the_gateway(cluster):
    (serving, *_), (gateway, *_) = (cluster.objects("pods", component) for component in ("serving", "gateway"))
    addresses = [f"{serving['status']['podIP']}:8500", f"{serving['status']['podIP']}:8501"]
    addresses += [f"{gateway['status']['podIP']}:5000", f"{gateway['status']['podIP']}:5001"]
    foreign = foreign_pod(serving, ["python", "-c", CONNECT, *addresses, "kubernetes.default.svc:443"])
    cluster.kubectl("create", "--filename=-", text=json.dumps(foreign))
    cluster.kubectl("wait", "pod/foreign", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=2m")
    assert cluster.kubectl("logs", "foreign").split() == ["closed"] * len(addresses) + ["open"]


def foreign_pod(like: dict[str, Any], command: list[str]) -> dict[str, Any]:
    """A pod outside the release, with the image and the security contexts of `like`."""
    (server,) = like["spec"]["containers"]
    container = {key: server[key] for key in ("image", "imagePullPolicy", "securityContext")}
    spec = {
        "restartPolicy": "Never",
        "securityContext": like["spec"]["securityContext"],
        "containers": [container | {"name": "foreign", "command": command}],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "foreign"}, "spec": spec}


def test_helm_test_passes_with_the_policies_enforced(cluster):
    assert "Succeeded" in cluster.helm("test", "ecg", "--logs", "--timeout=2m")


def test_a_drained_node_costs_no_request(cluster, ingress, bodies, lost, tell):
    with asked_all_the_time(ingress, bodies, clients=2, pause=0.1) as load:
        load.wait_for(200)
        ours = "--pod-selector=app.kubernetes.io/instance=ecg"
        run("kubectl", "drain", lost, ours, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=4m")
        load.wait_for(200)
    run("kubectl", "uncordon", lost)
    tell(f"drained node: {load.summary}")
    assert set(load.statuses) == {200}


@pytest.mark.parametrize(("away", "back"), [("stop", "start"), ("cut", "mend")])
def test_a_lost_node_fails_requests_for_two_seconds_at_most(cluster, bodies, lost, tell, away, back):
    spread(cluster)
    with asked_all_the_time(gateway_beside(cluster, lost, HOST), bodies, clients=3, pause=0.1) as load:
        load.wait_for(200)
        with lost_for_a_while(lost, away, back):
            load.wait_for(200)
        for component in ("serving", "gateway"):
            cluster.kubectl("rollout", "status", f"deployment/ecg-{component}", "--timeout=4m")
        load.wait_for_nothing_but(200)
    tell(f"node2 {away}: {load.summary}, failures within {failing_seconds(load):.1f} s")
    assert failing_seconds(load) <= FAILING_SECONDS
