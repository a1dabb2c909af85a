"""How many pods there are: by value, by an autoscaler, and in the moment that one is switched on."""

from collections.abc import Callable, Iterator
from threading import Thread

import pytest

from tests.unit.chart.api_server import ApiServer
from tests.unit.chart.conftest import CHART, Object, one

ON = "gateway.autoscaling.enabled=true,gateway.autoscaling.minReplicas=3"


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


@pytest.mark.parametrize(("running", "asked_for"), [(4, 4), (1, 3)])
def test_an_autoscaled_deployment_keeps_its_pods_and_has_the_fewest_at_least(beside, running, asked_for):
    assert one(beside(running, ON), "Deployment", "gateway")["spec"]["replicas"] == asked_for


def test_without_an_autoscaler_the_value_counts_whatever_runs(beside):
    assert one(beside(5, "gateway.replicas=3"), "Deployment", "gateway")["spec"]["replicas"] == 3


def test_where_nothing_can_be_looked_up_the_replicas_are_left_to_the_autoscaler(render):
    objects = render("--set", ON)
    deployment = one(objects, "Deployment", "gateway")
    assert "replicas" not in deployment["spec"]
    scaler = one(objects, "HorizontalPodAutoscaler")["spec"]
    assert scaler["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    assert (scaler["minReplicas"], scaler["metrics"][0]["resource"]["target"]["averageUtilization"]) == (3, 75)
