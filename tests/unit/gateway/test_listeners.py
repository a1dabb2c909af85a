"""Which paths are answered where, when the management has a listener of its own; a Client asks the one of port 80."""

import logging
from dataclasses import replace
from hashlib import sha256

import pytest

from gateway.settings import Settings
from tests.support.gateway.gateway_errors import assert_error
from tests.support.gateway.gateway_metrics import total

BEAT = {"features": [0.5, 0, 0]}


@pytest.fixture
def management(settings: Settings, another_client, tmp_path):
    (tmp_path / "keys").write_text(f"ward {sha256(b'k').hexdigest()}\n")
    return another_client(replace(settings, management_listen="[::]:80", api_keys_file=str(tmp_path / "keys")))


@pytest.fixture
def main(settings, another_client):
    return another_client(replace(settings, management_listen="127.0.0.1:81"))


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics"])
def test_the_management_listener_answers_probes_and_metrics(management, path):
    assert management.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/", "/predict", "/model", "/docs", "/static/x.js", "//metrics", "/metrics/"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_the_management_listener_has_no_other_paths_and_needs_no_key(management, method, path):
    answer = management.open(path, method, headers={"Origin": "https://a.example", "X-Request-ID": "abc"})
    assert_error(answer, 404, "not_found", "ECG_LISTEN")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Request-ID"] == "abc"


@pytest.mark.parametrize("path", ["/metrics", "//metrics", "///metrics"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_the_main_listener_does_not_show_metrics(main, method, path):
    answer = main.open(path, method)
    says = "ECG_MANAGEMENT_LISTEN" if path == "/metrics" else "This path does not exist"
    assert_error(answer, 404, "not_found", says)
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_main_listener_answers_all_other_paths(main):
    assert main.post("/predict", json=BEAT).status_code == 200
    assert [main.get(path).status_code for path in ("/health", "/ready", "/model", "/")] == [200] * 4


def test_a_path_of_the_other_listener_is_counted_and_logged(management, caplog):
    with caplog.at_level(logging.INFO):
        management.get("/ready")
        management.get("/model")
        management.get("/nowhere")
    logged = [each.fields for each in caplog.records if each.name == "gateway.requests"]
    assert [(each["path"], each["status"], each["error"]) for each in logged] == [
        ("/model", 404, "not_found"),
        ("other", 404, "not_found"),
    ]
    text = management.get("/metrics").text
    assert total(text, "ecg_gateway_errors_total", kind="not_found") == 2
    assert total(text, "ecg_gateway_requests_total", path="/model", status="404") == 1


def test_without_a_management_listener_the_main_one_has_all_paths(client):
    assert [client.get(path).status_code for path in ("/metrics", "/health", "/model")] == [200] * 3
