"""A release on two nodes: the placement of its pods, and the loss of the second node."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.conftest import Cluster, Ingress, run, switch
from tests.support.gateway.gateway_process import Load
from tests.support.waiting import until


def nodes_of(cluster: Cluster, component: str) -> list[str]:
    """The node of each running pod, sorted."""
    return sorted(
        pod["spec"]["nodeName"]
        for pod in cluster.objects("pods", component)
        if "deletionTimestamp" not in pod["metadata"] and pod["status"]["phase"] == "Running"
    )


def spread(cluster: Cluster) -> None:
    """Replace all pods, so that both nodes have some."""
    deployments = [f"deployment/ecg-{component}" for component in ("serving", "gateway")]
    cluster.kubectl("rollout", "restart", *deployments)
    for deployment in deployments:
        cluster.kubectl("rollout", "status", deployment, "--timeout=3m")
    until(lambda: all(len(set(nodes_of(cluster, component))) == 2 for component in ("serving", "gateway")))


def gateway_beside(cluster: Cluster, lost: str, host: str) -> Ingress:
    """The gateway's pod on the node that stays."""
    (pod,) = [each for each in cluster.objects("pods", "gateway") if each["spec"]["nodeName"] != lost]
    return Ingress(f"http://{pod['status']['podIP']}:5000", host)


def ready(node: str) -> bool:
    conditions = json.loads(run("kubectl", "get", "node", node, "--output=json"))["status"]["conditions"]
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def failing_seconds(load: Load) -> float:
    """From the start of the first request that failed to the end of the last one."""
    failed = [answer for answer in load.answers if answer.status_code != 200]
    return max((answer.ended for answer in failed), default=0) - min((answer.started for answer in failed), default=0)


@contextmanager
def lost_for_a_while(lost: str, away: str, back: str) -> Iterator[None]:
    """The node is away until Kubernetes has seen it, and in the end it is back."""
    switch(away)
    try:
        until(lambda: not ready(lost), seconds=120)
        yield
    finally:
        switch(back)
        until(lambda: ready(lost), seconds=120)
