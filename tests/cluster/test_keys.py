"""A release that lets in only who has a key: its own requests and people's."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.keys import made
from tests.cluster.conftest import Cluster, Ingress, Rollout, in_namespace

HOST = "keys.test"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with in_namespace(f"ecg-keys-{os.getpid()}") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def ingress(ingress_url: str) -> Ingress:
    return Ingress(ingress_url, HOST)


@pytest.fixture(scope="module")
def chart_key() -> tuple[str, str]:
    """The chart's own, and its line in the file."""
    return made("chart")


@pytest.fixture(scope="module")
def key(chart_key: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "own-key"
    path.write_text(chart_key[0])
    return path


def test_a_release_with_keys_trains_and_promotes(cluster, beats, chart_key, key, tmp_path):
    (tmp_path / "keys").write_text(f"{chart_key[1]}\n")
    cluster.kubectl("create", "configmap", "beats", f"--from-file={beats}")
    cluster.kubectl("create", "secret", "generic", "ecg-keys", f"--from-file={tmp_path / 'keys'}", f"--from-file={key}")
    cluster.deploy("install", f"--set=ingress.host={HOST}", "--set=gateway.apiKeys.existingSecret=ecg-keys")
    assert json.loads(Rollout(cluster.namespace)("status", "--json"))["served"] == 1


def test_only_who_has_a_key_is_answered(ingress, bodies, chart_key):
    refused = ingress.ask("POST", "/predict", bodies[0])
    assert (refused.status_code, refused.json["error"]["code"]) == (401, "unauthorized")
    assert answer(ingress, "/predict", bodies[0], chart_key[0]).status_code == 200


def answer(ingress: Ingress, path: str, content: object, key: str) -> Any:
    return ingress.ask("POST", path, content, {"Authorization": f"Bearer {key}"})


def test_the_page_is_open_and_says_what_a_browser_may_do(ingress):
    page = ingress.ask("GET", "/")
    assert (page.status_code, page.headers.get_content_type()) == (200, "text/html")
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]


def test_an_answer_is_explained_and_doubted(ingress, bodies, chart_key):
    told = answer(ingress, "/predict?details=true", bodies[0], chart_key[0]).json
    explained = answer(ingress, "/explain", bodies[0], chart_key[0]).json
    assert explained["predicted_class"] == told["predicted_class"]
    assert told["unusual"] == (told["unusual_score"] > 1)
    difference = explained["score"] - explained["baseline_score"]
    assert sum(explained["attributions"]) == pytest.approx(difference, rel=0.01, abs=0.01)


def test_helm_test_passes_with_the_charts_own_key(cluster):
    assert "Succeeded" in cluster.helm("test", "ecg", "--logs", "--timeout=2m")
