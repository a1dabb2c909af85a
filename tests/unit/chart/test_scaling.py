"""The number of pods: by value, by an autoscaler, and when an autoscaler is switched on."""

from collections.abc import Callable, Iterator
from threading import Thread

import pytest

from tests.unit.chart.api_server import ApiServer
from tests.unit.chart.conftest import CHART, Object, one

BOTH = pytest.mark.parametrize("component", ["gateway", "serving"])


def autoscaled(component: str, *values: str) -> str:
    given = ("enabled=true", "minReplicas=3", "maxReplicas=9", *values)
    return ",".join(f"{component}.autoscaling.{each}" for each in given)


@pytest.fixture
def beside(helm, read_yaml) -> Iterator[Callable[[int, str], list[Object]]]:
    """Render for a cluster in which each Deployment has so many replicas."""
    server = ApiServer()
    thread = Thread(target=server.serve_forever)
    thread.start()
    at = f"--kube-apiserver=http://127.0.0.1:{server.server_port}"
    server_side = ("--dry-run=server", at, "--kubeconfig=/dev/null", "--disable-openapi-validation")

    def render(running: int, values: str) -> list[Object]:
        server.replicas = running
        text = helm("template", "ecg", CHART, "--namespace=default", *server_side, "--set", values)
        objects: list[Object] = read_yaml(text)
        return objects

    yield render
    server.shutdown()
    thread.join()
    server.server_close()


@BOTH
@pytest.mark.parametrize(("running", "asked_for"), [(4, 4), (1, 3)])
def test_an_autoscaled_deployment_keeps_its_pods_and_has_the_fewest_at_least(beside, component, running, asked_for):
    assert one(beside(running, autoscaled(component)), "Deployment", component)["spec"]["replicas"] == asked_for


@BOTH
def test_without_an_autoscaler_the_value_sets_the_replicas(beside, component):
    assert one(beside(5, f"{component}.replicas=3"), "Deployment", component)["spec"]["replicas"] == 3


@BOTH
def test_without_access_to_the_cluster_the_autoscaler_sets_the_replicas(render, component):
    objects = render("--set", autoscaled(component))
    deployment = one(objects, "Deployment", component)
    assert "replicas" not in deployment["spec"]
    scaler = one(objects, "HorizontalPodAutoscaler")["spec"]
    assert scaler["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (3, 9)
    assert scaler["metrics"][0]["resource"]["target"]["averageUtilization"] == 75


@BOTH
def test_with_triggers_keda_scales(render, component):
    objects = render("--set", autoscaled(component, "triggers[0].type=cron"))
    assert "HorizontalPodAutoscaler" not in {each["kind"] for each in objects}
    scaled = one(objects, "ScaledObject")
    assert scaled["apiVersion"] == "keda.sh/v1alpha1"
    assert scaled["spec"] == {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": f"ecg-{component}"},
        "minReplicaCount": 3,
        "maxReplicaCount": 9,
        "triggers": [{"type": "cron"}],
    }


def test_by_default_nothing_scales(render):
    assert not {"HorizontalPodAutoscaler", "ScaledObject"} & {each["kind"] for each in render()}


@BOTH
def test_a_budget_counts_the_fewest_pods_that_an_autoscaler_leaves(render, component):
    one_pod = f"{component}.podDisruptionBudget=true,models.accessMode=ReadWriteMany,{component}.replicas=1"
    scaled = render("--set", f"{one_pod},{autoscaled(component)}")
    assert one(scaled, "PodDisruptionBudget", component)["spec"]["maxUnavailable"] == 1
    assert "PodDisruptionBudget" not in {each["kind"] for each in render("--set", one_pod)}
