"""What helm says after an installation."""

import re

import pytest

from tests.unit.chart.conftest import CHART


@pytest.fixture
def notes(helm):
    def told(*values: str) -> str:
        printed: str = helm("install", "ecg", CHART, "--dry-run=client", *values)
        return printed[printed.index("NOTES:") :]

    return told


def test_they_name_objects_that_are_there(render, notes):
    there = {f"{each['kind'].lower()}/{each['metadata']['name']}" for each in render()}
    named = set(re.findall(r"(?:deployment|service|cronjob)/\S+", notes() + notes("--set", "ingress.enabled=false")))
    assert named <= there
    assert len(named) == 4


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ("ingress.host=ecg.example", "curl http://ecg.example/model"),
        ("ingress.host=ecg.example,ingress.tlsSecret=ecg", "curl https://ecg.example/model"),
        ("ingress.className=nginx", "get ingress ecg-gateway"),
        ("ingress.enabled=false,gateway.service.port=8080", "port-forward service/ecg-gateway 5000:8080"),
    ],
)
def test_they_say_how_to_ask(notes, values, told):
    assert told in notes("--set", values)


def test_they_say_where_the_metrics_are(notes):
    assert "port-forward deployment/ecg-gateway 5001 &" in notes()
    assert "/metrics" not in notes("--set", "gateway.managementPort=0")


def test_they_say_what_to_do_if_a_pod_is_pending(notes):
    assert "If a pod is pending" in notes()


def test_they_speak_of_training_only_where_there_is_one(notes):
    assert "training" in notes()
    assert "ecg-training" not in notes("--set", "training.enabled=false")


def test_they_say_when_workers_are_no_faster(notes):
    assert "workers" not in notes()
    assert "by 4 workers, which all share one node" in notes("--set", "training.workers=4")
    assert (
        "share one node" not in notes("--set", "training.workers=4,models.accessMode=ReadWriteMany").split("Watch")[0]
    )
