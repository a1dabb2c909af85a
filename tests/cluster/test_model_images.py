"""A release whose model versions are images: no volume, any node, and a promotion changes the image that is named."""

import json
import os
from collections.abc import Iterator

import pytest

from tests.cluster.conftest import SWITCH, Cluster, Ingress, Rollout, in_namespace, run
from tests.cluster.nodes import failing_seconds, gateway_beside, lost_for_a_while, nodes_of, spread
from tests.support.gateway.gateway_process import asked_all_the_time
from tests.support.waiting import until

REGISTRY = os.environ.get("ECG_REGISTRY")
pytestmark = pytest.mark.skipif(not (SWITCH and REGISTRY), reason="ECG_NODE and ECG_REGISTRY are not set")
HOST = "images.test"
FAILING_SECONDS = 2.0  # from the first failed request to the last, when a node is lost
REPOSITORY = f"{REGISTRY}/ecg-model-{os.getpid()}"
REFERENCE = 'jsonpath={.spec.template.spec.volumes[?(@.name=="version")].image.reference}'


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with in_namespace(f"ecg-images-{os.getpid()}") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def rollout(cluster: Cluster) -> Rollout:
    return Rollout(cluster.namespace, "--plain-http")


def reference(cluster: Cluster) -> str:
    """The image that the model servers' template names."""
    return cluster.kubectl("get", "deployment/ecg-serving", f"--output={REFERENCE}")


def version_of(ingress: Ingress, body: object) -> str:
    answer = ingress.ask("POST", "/predict", body)
    assert answer.status_code == 200, answer.json
    return str(answer.headers["X-Model-Version"])


def test_a_version_is_trained_pushed_and_served_on_both_nodes_without_a_volume(cluster, ingress, beats, bodies, lost):
    cluster.kubectl("create", "configmap", "beats", f"--from-file={beats}")
    values = {
        "ingress.host": HOST,
        "models.source": "image",
        "models.image.repository": REPOSITORY,
        "models.image.plainHttp": "true",
        "gateway.podDisruptionBudget": "true",
        "serving.podDisruptionBudget": "true",
    }
    cluster.deploy("install", *(f"--set={name}={value}" for name, value in values.items()))
    assert version_of(ingress, bodies[0]) == "1"
    assert cluster.objects("persistentvolumeclaims") == []
    for component in ("serving", "gateway"):
        assert lost in nodes_of(cluster, component)
        assert len(set(nodes_of(cluster, component))) == 2
    assert reference(cluster).startswith(f"{REPOSITORY}@sha256:")


def test_helm_test_reads_the_recorded_beats_in_the_registry(cluster):
    assert "version 1, class" in cluster.helm("test", "ecg", "--logs", "--timeout=2m")


def test_the_next_training_has_the_next_number_and_is_promoted_without_a_failed_request(
    cluster, ingress, bodies, rollout, tell
):
    before = reference(cluster)
    with asked_all_the_time(ingress, bodies, clients=2, pause=0.05) as load:
        load.wait_for(200)
        cluster.kubectl("create", "job", "--from=cronjob/ecg-training", "second")
        cluster.kubectl("wait", "job/second", "--for=condition=complete", "--timeout=5m")
        if json.loads(rollout("status", "--json"))["served"] != 2:  # the gate has compared both and found it worse
            rollout("promote", "2", "--force")
        load.wait_for(200, version=2)
    tell(f"promotion by image: {load.summary}")
    assert set(load.statuses) == {200}
    assert reference(cluster) not in ("", before)


def test_undo_and_kubectl_bring_the_former_image_back_and_again_the_latter(cluster, ingress, bodies, rollout):
    second = reference(cluster)
    with asked_all_the_time(ingress, bodies, clients=2, pause=0.05) as load:
        rollout("undo")
        until(lambda: version_of(ingress, bodies[0]) == "1")  # a gateway learns within a second that a pod leaves
        first = reference(cluster)
        cluster.kubectl("rollout", "undo", "deployment/ecg-serving")
        cluster.kubectl("rollout", "status", "deployment/ecg-serving", "--timeout=3m")
        load.wait_for(200, version=2)
    assert (first != second, reference(cluster)) == (True, second)
    assert set(load.statuses) == {200}


@pytest.mark.parametrize("program", ["helm", "helm3"])
def test_an_upgrade_leaves_the_image(cluster, program):
    served = reference(cluster)
    upgrade = [program, "--namespace", cluster.namespace, "upgrade", "ecg", "helm/ecg", "--reuse-values", "--wait"]
    run(*upgrade, f"--set=serving.podAnnotations.upgraded={program}", "--set=training.enabled=false")
    assert reference(cluster) == served


def test_an_image_that_cannot_be_pulled_is_reported_and_not_served(cluster, ingress, bodies, rollout):
    served = reference(cluster)
    missing = [{"name": "version", "image": {"reference": f"{REPOSITORY}:99"}}]
    patch = {"spec": {"template": {"spec": {"volumes": missing}}}}
    cluster.kubectl("patch", "deployment/ecg-serving", f"--patch={json.dumps(patch)}")
    until(lambda: "cannot pull an image" in rollout("status"))
    assert version_of(ingress, bodies[0]) == "2"
    cluster.kubectl("rollout", "undo", "deployment/ecg-serving")
    cluster.kubectl("rollout", "status", "deployment/ecg-serving", "--timeout=3m")
    assert reference(cluster) == served


def test_a_lost_node_fails_requests_for_two_seconds_at_most(cluster, bodies, lost, tell):
    spread(cluster)
    with asked_all_the_time(gateway_beside(cluster, lost, HOST), bodies, clients=3, pause=0.1) as load:
        load.wait_for(200)
        with lost_for_a_while(lost, "stop", "start"):
            load.wait_for(200)
        for component in ("serving", "gateway"):
            cluster.kubectl("rollout", "status", f"deployment/ecg-{component}", "--timeout=4m")
        load.wait_for_nothing_but(200)
    tell(f"node2 stop, versions as images: {load.summary}, failures within {failing_seconds(load):.1f} s")
    assert failing_seconds(load) <= FAILING_SECONDS
