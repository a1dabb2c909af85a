"""The notes that helm prints after an installation."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.unit.chart.conftest import CHART

EXAMPLES = {
    "examples": [{"features": [0.5, -1e-3], "label": 1}, {"features": [2.0, 3.0], "label": 0}],
    "baseline": [0.0],
}


class Gateway(BaseHTTPRequestHandler):
    """Returns its recorded beats, and repeats each prediction request with its key."""

    def do_GET(self) -> None:
        self._answer(EXAMPLES if self.path == "/examples" else {})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer({"path": self.path, "key": self.headers["X-API-Key"], "asked": asked})

    def _answer(self, body: object) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def gateway() -> Iterator[str]:
    """The address of a gateway."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def notes(helm):
    def message(*values: str) -> str:
        printed: str = helm("install", "ecg", CHART, "--dry-run=client", *values)
        return printed[printed.index("NOTES:") :]

    return message


def test_they_name_existing_objects(render, notes):
    there = {f"{each['kind'].lower()}/{each['metadata']['name']}" for each in render()}
    named = set(re.findall(r"(?:deployment|service|cronjob)/\S+", notes() + notes("--set", "ingress.enabled=false")))
    assert named <= there
    assert len(named) == 4


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("ingress.host=ecg.example", "URL=http://ecg.example\n"),
        ("ingress.host=ecg.example,ingress.tlsSecret=ecg", "URL=https://ecg.example\n"),
        ("ingress.className=nginx", "get ingress ecg-gateway"),
        ("ingress.enabled=false,gateway.service.port=8080", "port-forward service/ecg-gateway 5000:8080"),
    ],
)
def test_they_say_how_to_ask(notes, values, message):
    assert message in notes("--set", values)


def test_they_say_where_the_metrics_are(notes):
    assert "port-forward deployment/ecg-gateway 5001 &" in notes()
    assert "/metrics" not in notes("--set", "gateway.managementPort=0")


def test_they_say_what_to_do_if_a_pod_is_pending(notes):
    assert "If a pod is pending" in notes()


def test_they_mention_training_only_if_it_is_switched_on(notes):
    assert "training" in notes()
    assert "ecg-training" not in notes("--set", "training.enabled=false")


def test_they_say_when_workers_are_no_faster(notes):
    assert "workers" not in notes()
    assert "with 4 workers, all on one node" in notes("--set", "training.workers=4")
    assert (
        "all on one node" not in notes("--set", "training.workers=4,models.accessMode=ReadWriteMany").split("Watch")[0]
    )


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on PATH")
@pytest.mark.parametrize(("values", "key"), [("", None), (",gateway.apiKeys.existingSecret=ecg-keys", "secret")])
def test_the_command_that_they_print_predicts_a_beat_of_the_model(notes, gateway, tmp_path, values, key):
    printed = notes("--set", f"ingress.host={gateway}{values}")
    command = printed.split("example beat of the model:\n")[1].split("Or let the chart")[0]
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(f"#!/bin/sh\nprintf {key} | base64\n")
    kubectl.chmod(0o755)
    run = f'PATH="{tmp_path}:$PATH"\n{command}'
    done = subprocess.run(["sh", "-c", run], capture_output=True, text=True, check=True, timeout=30)
    assert json.loads(done.stdout) == {"path": "/predict", "key": key, "asked": {"features": [0.5, -1e-3]}}
