"""The API server takes all that the chart can render: no unknown field, nothing that Pod Security would refuse."""

import os
from collections.abc import Iterator

import pytest

from tests.cluster.conftest import CHART, Cluster, in_namespace, run
from tests.support.gateway.gateway_process import ROOT

EXAMPLES = sorted((CHART / "ci").glob("*.yaml"))
OPTIONAL = ("HTTPRoute", "PrometheusRule", "ScaledObject", "ServiceMonitor")  # kinds that a cluster need not have
ANYWHERE = (  # where there is IPv4 alone, and no account or class that a pod could name
    "--set=gateway.service.ipFamilyPolicy=,serving.service.ipFamilyPolicy=",
    "--set-json=gateway.service.ipFamilies=[]",
    "--set-json=serving.service.ipFamilies=[]",
    "--set=rollout.serviceAccount.create=false,rollout.serviceAccount.name=default",
    "--set=rollout.priorityClassName=,rollout.runtimeClassName=",
)
STRICTLY = ("apply", "--dry-run=server", "--validate=strict", "--warnings-as-errors")


@pytest.fixture(scope="module")
def empty() -> Iterator[Cluster]:
    """A namespace of its own, so that nothing is compared with what runs."""
    with in_namespace(f"ecg-dry-{os.getpid()}") as cluster:
        run("kubectl", "label", "namespace", cluster.namespace, "pod-security.kubernetes.io/warn=restricted")
        yield cluster


@pytest.mark.parametrize("values", EXAMPLES, ids=lambda path: path.stem)
def test_the_api_server_accepts_every_option(empty, values):
    documents = run("helm", "template", "ecg", CHART, "--values", values, *ANYWHERE).split("\n---\n")
    known = [each for each in documents if not any(f"\nkind: {kind}\n" in each for kind in OPTIONAL)]
    assert "created (server dry run)" in empty.kubectl(*STRICTLY, "--filename=-", text="\n---\n".join(known))


def test_the_api_server_accepts_the_plain_manifests(empty):
    assert "created (server dry run)" in empty.kubectl(*STRICTLY, "--filename", ROOT / "k8s")
