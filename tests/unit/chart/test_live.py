"""The chart's output for a cluster where a release of it runs."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.support.kubernetes.fake_api_server import running
from tests.unit.chart.conftest import CHART

OF_HELM = {"app.kubernetes.io/managed-by": "Helm"}
OF_THE_RELEASE = {"meta.helm.sh/release-name": "ecg", "meta.helm.sh/release-namespace": "default"}


@pytest.fixture
def rendered(helm, render, tmp_path, monkeypatch) -> Callable[..., str]:
    """Render manifests and notes in a cluster with or without a Deployment of the model servers."""
    monkeypatch.setenv("KUBECACHEDIR", str(tmp_path / "cache"))

    def dry_run(annotations: Mapping[str, str] = {}, **deployment: Any) -> str:
        metadata = {"name": "ecg-serving", "labels": OF_HELM, "annotations": {**OF_THE_RELEASE, **annotations}}
        live = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, **deployment}
        with running(tmp_path, render(), [live] if deployment else []) as kubeconfig:
            where = ("--namespace=default", f"--kubeconfig={kubeconfig}")
            dry = ("--dry-run=server", "--disable-openapi-validation", "--hide-secret")
            return str(helm("install", "ecg", CHART, *where, *dry))

    return dry_run


@pytest.mark.parametrize(
    ("live", "seconds"),
    [
        ({}, 3900),
        ({"status": {"unavailableReplicas": 2}}, 3900),
        ({"status": {"availableReplicas": 2}}, 600),
    ],
)
def test_a_stuck_update_is_reported_within_minutes_once_a_model_is_served(rendered, live, seconds):
    deadlines = [line.split()[1] for line in rendered(**live).splitlines() if "progressDeadlineSeconds" in line]
    assert deadlines == [str(seconds)] * 2


@pytest.mark.parametrize(
    ("paused", "candidate", "is_named"),
    [
        (True, {"version": 3, "served": 2, "weight": 20}, True),
        (False, {"version": 2, "weight": 0}, False),
        (True, "", False),
    ],
)
def test_the_notes_name_a_candidate_that_holds_an_upgrade_back(rendered, paused, candidate, is_named):
    annotation = json.dumps(candidate) if candidate else ""
    notes = rendered({"rollout.ecg/candidate": annotation}, spec={"paused": paused})
    assert ("Model version 3 is a candidate, and ecg-serving is paused" in notes) == is_named
    assert ("--deployment ecg-serving finish\n" in notes) == is_named
