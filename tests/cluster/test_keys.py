"""A release that lets in only callers with an API key, the release's own among them; by Helm 3 where it is there."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.security.api_keys import make_key
from tests.cluster.conftest import Cluster, Ingress, Rollout, in_namespace
from tests.support.gateway.gateway_process import asked_all_the_time
from tests.support.waiting import until

HOST = "keys.test"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with in_namespace(f"ecg-keys-{os.getpid()}", shutil.which("helm3") or "helm") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def chart_key() -> tuple[str, str]:
    """The chart's own, and its line in the file."""
    return make_key("chart")


@pytest.fixture(scope="module")
def known(ingress_url: str, chart_key: tuple[str, str]) -> Ingress:
    """The way in for who has a key."""
    return Ingress(ingress_url, HOST, chart_key[0])


@pytest.fixture(scope="module")
def key(chart_key: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "own-key"
    path.write_text(chart_key[0])
    return path


@pytest.fixture(scope="module")
def rollout(cluster: Cluster, key: Path) -> Rollout:
    return Rollout(cluster.namespace, f"--key-file={key}")


def deploy(cluster: Cluster, command: str, *arguments: str) -> None:
    keys = "--set=gateway.apiKeys.existingSecret=ecg-keys"
    cluster.deploy(command, f"--set=ingress.host={HOST}", keys, *arguments)


def test_a_release_with_keys_trains_and_promotes(cluster, rollout, beats, chart_key, key, tmp_path):
    (tmp_path / "keys").write_text(f"{chart_key[1]}\n")
    cluster.kubectl("create", "configmap", "beats", f"--from-file={beats}")
    cluster.kubectl("create", "secret", "generic", "ecg-keys", f"--from-file={tmp_path / 'keys'}", f"--from-file={key}")
    deploy(cluster, "install")
    assert json.loads(rollout("status", "--json"))["served"] == 1


def test_only_requests_with_a_key_are_answered(ingress, known, bodies):
    refused = ingress.ask("POST", "/predict", bodies[0])
    assert (refused.status_code, refused.json["error"]["code"]) == (401, "unauthorized")
    assert known.ask("POST", "/predict", bodies[0]).status_code == 200


def test_the_page_is_open_and_says_what_a_browser_may_do(ingress):
    page = ingress.ask("GET", "/")
    assert (page.status_code, page.headers.get_content_type()) == (200, "text/html")
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]


def test_an_answer_has_an_explanation_and_an_out_of_distribution_score(known, bodies):
    details = known.ask("POST", "/predict?details=true", bodies[0]).json
    explained = known.ask("POST", "/explain", bodies[0]).json
    assert explained["predicted_class"] == details["predicted_class"]
    assert details["unusual"] == (details["unusual_score"] > 1)
    difference = explained["score"] - explained["baseline_score"]
    assert sum(explained["attributions"]) == pytest.approx(difference, rel=0.01, abs=0.01)


def test_helm_test_passes_with_the_charts_own_key(cluster):
    assert "Succeeded" in cluster.helm("test", "ecg", "--logs", "--timeout=2m")


def test_drift_finds_usual_beats_stable_and_unusual_beats_drifted(known, rollout, bodies, tell):
    for body in [*bodies, *bodies[:50]]:
        known.ask("POST", "/predict", body)
    usual = {row["what"]: row["verdict"] for row in json.loads(rollout("drift", "--json"))}
    assert set(usual) >= {"probability", "predicted_class", "range"}
    assert "drifted" not in usual.values()
    for body in bodies * 2:
        known.ask("POST", "/predict", {"features": [10 * value for value in body["features"]]})
    said = rollout("drift")
    tell(said)
    verdicts = {line.split()[0]: line for line in said.splitlines()}
    assert "drifted" in verdicts["range"]


def test_a_canary_is_promoted_with_api_keys_in_use(cluster, known, rollout, bodies):
    deploy(cluster, "upgrade", "--set=training.options.seed=1", "--set=rollout.promote=false")
    keyless = Rollout(cluster.namespace)("canary", 2, "--tolerance=0.05", "--weight", 10, code=1)
    assert "give the API key by --key-file" in keyless
    assert json.loads(rollout("status", "--json"))["candidate"] is None
    with asked_all_the_time(known, bodies, clients=3, pause=0.02) as load:
        rollout("canary", 2, "--tolerance=0.05", "--auto", "--steps", "50", "--requests", "100")
        load.wait_for(200, version=2)
    assert set(load.statuses) == {200}


def test_a_rollback_fails_no_request(cluster, known, bodies):
    with asked_all_the_time(known, bodies, clients=2, pause=0.05) as load:
        cluster.helm("rollback", "ecg", "1", "--wait", "--wait-for-jobs", "--timeout=5m")
        load.wait_for(200)
    assert set(load.statuses) == {200}


def pods_and_restarts(cluster: Cluster) -> dict[str, list[int]]:
    return {
        pod["metadata"]["name"]: [each["restartCount"] for each in pod["status"]["containerStatuses"]]
        for pod in cluster.objects("pods", "gateway")
    }


def test_keys_are_exchanged_without_a_restart(cluster, ingress_url, known, bodies):
    before = pods_and_restarts(cluster)
    exchanged, line = make_key("chart")
    cluster.kubectl("patch", "secret", "ecg-keys", f"--patch={json.dumps({'stringData': {'keys': line}})}")
    renewed = Ingress(ingress_url, HOST, exchanged)

    def all_told(who: Ingress, code: int) -> bool:
        return all(who.ask("POST", "/predict", bodies[0]).status_code == code for _ in range(20))

    # the kubelet brings a Secret's change to its pods within two minutes
    until(lambda: all_told(renewed, 200) and all_told(known, 401), seconds=180)
    assert pods_and_restarts(cluster) == before


def test_an_uninstall_leaves_the_trained_versions(cluster):
    cluster.helm("uninstall", "ecg", "--wait", "--timeout=3m")
    assert cluster.names("persistentvolumeclaims") == ["ecg-models"]
