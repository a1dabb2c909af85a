"""`skaffold run`: from sources to an answer, with the project's own model server."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.conftest import Cluster, Ingress, in_namespace, run
from tests.gateway_process import ROOT

# skaffold up to 2.16 asks Helm 4 for a flag that it no longer has, and hands it a post-renderer as Helm 3 took it.
AS_HELM_3 = """#!/usr/bin/env bash
[ "$1 $2" = "version --client" ] && echo 'version.BuildInfo{Version:"v3.19.0"}' && exit
arguments=()
while [ $# -gt 0 ]; do
  if [ "$1" = --post-renderer ]; then shift; else arguments+=("$1"); fi
  shift
done
exec HELM "${arguments[@]}"
"""


@pytest.fixture
def namespace() -> Iterator[Cluster]:
    with in_namespace(f"ecg-skaffold-{os.getpid()}") as cluster:
        yield cluster


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helm = shutil.which("helm")
    assert helm
    if run(helm, "version", "--template={{.Version}}").startswith("v4"):
        shim = tmp_path / "helm"
        shim.write_text(AS_HELM_3.replace("HELM", helm))
        shim.chmod(0o755)
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
        assert "synthetic" in json.dumps(model.json["data"])
    finally:
        run("skaffold", "delete", *arguments)
    assert namespace.names("deployments") == []
