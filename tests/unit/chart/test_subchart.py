"""The chart as a part of another one, and objects of others in this one."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.chart.conftest import CHART, Object, containers, one, pods

UMBRELLA = """
{apiVersion: v2, name: clinic, version: 1.0.0, dependencies: [{name: ecg, version: "*", condition: ecg.enabled}]}
"""
VALUES = """
global: {imageRegistry: mirror.example, imagePullSecrets: [mirror], other: 1}
ecg:
  enabled: true
  gateway: {replicas: 5}
"""


@pytest.fixture(scope="module")
def clinic_chart(tmp_path_factory) -> Path:
    """A chart that has this one as a part."""
    chart: Path = tmp_path_factory.mktemp("clinic")
    (chart / "Chart.yaml").write_text(UMBRELLA)
    (chart / "values.yaml").write_text(VALUES)
    shutil.copytree(CHART, chart / "charts" / "ecg")
    return chart


@pytest.fixture
def clinic(helm, read_yaml, clinic_chart) -> Callable[..., list[Object]]:
    def render(*values: str) -> list[Object]:
        objects: list[Object] = read_yaml(helm("template", "ward", clinic_chart, "--namespace=default", *values))
        return objects

    return render


def test_it_has_the_objects_of_a_release_of_its_own(clinic, helm, read_yaml):
    def names(objects: list[Object]) -> set[tuple[str, str]]:
        return {(each["kind"], each["metadata"]["name"]) for each in objects if each["kind"] != "Job"}

    assert names(clinic()) == names(read_yaml(helm("template", "ward", CHART)))


def test_the_values_of_the_chart_around_it_count(clinic):
    assert one(clinic(), "Deployment", "gateway")["spec"]["replicas"] == 5
    assert {each["image"].split("/")[0] for _, each in containers(clinic())} == {"mirror.example"}
    assert [pod["imagePullSecrets"] for _, pod in pods(clinic())] == [[{"name": "mirror"}]] * 5


def test_null_removes_a_default_in_a_subchart_too(clinic):
    objects = clinic("--set", "ecg.gateway.podSecurityContext.runAsUser=null")
    context = one(objects, "Deployment", "gateway")["spec"]["template"]["spec"]["securityContext"]
    assert ("runAsUser" in context, context["runAsNonRoot"]) == (False, True)


def test_its_condition_switches_it_off(clinic):
    assert clinic("--set", "ecg.enabled=false") == []


def test_a_misspelt_value_is_rejected_in_a_subchart_too(helm, clinic_chart):
    refused = helm("template", "ward", clinic_chart, "--set", "ecg.gatewai.replicas=1", failing=True)
    assert "'gatewai' not allowed" in refused


def test_extra_objects_are_templates(render):
    text = "{apiVersion: v1, kind: ConfigMap, metadata: {name: {{ .Release.Name }}-a}}"
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "{{ .Release.Name }}-b"}}
    objects = render("--set-json", f"extraObjects={json.dumps([text, secret])}")
    added = {(each["kind"], each["metadata"]["name"]) for each in objects if each not in render()}
    assert added == {("Secret", "ecg-b"), ("ConfigMap", "ecg-a")}
