"""`skaffold run`: from sources to an answer, with the project's own model server."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.conftest import Cluster, Ingress, in_namespace, run
from tests.support.gateway.gateway_process import ROOT


@pytest.fixture
def namespace() -> Iterator[Cluster]:
    with in_namespace(f"ecg-skaffold-{os.getpid()}") as cluster:
        yield cluster


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Helm 3 under the name that skaffold looks for, as skaffold up to 2.16 does not know Helm 4."""
    helm = shutil.which("helm3") or shutil.which("helm")
    assert helm
    if not run(helm, "version", "--template={{.Version}}").startswith("v3"):
        pytest.skip("skaffold needs Helm 3")
    (tmp_path / "helm").symlink_to(helm)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("SKAFFOLD_UPDATE_CHECK", "false")
    monkeypatch.setenv("SKAFFOLD_INTERACTIVE", "false")
    monkeypatch.chdir(ROOT)


def test_skaffold_run_ends_with_an_answer(namespace, tools, ingress_url):
    arguments = ("--profile=own-server,unpushed", f"--namespace={namespace.namespace}")
    # Without its cache, since an image that is not built anew is not handed to the node either.
    run("skaffold", "run", "--cache-artifacts=false", *arguments)
    try:
        model = Ingress(ingress_url, "any.test").ask("GET", "/model")
        assert model.headers["X-Model-Version"] == "1"
        assert "synthetic" in json.dumps(model.json["data"]).lower()
    finally:
        run("skaffold", "delete", *arguments)
    assert namespace.names("deployments") == []
