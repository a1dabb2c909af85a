"""API keys on both request paths: the fast path and Flask have the same keys, rates, counts and log lines."""

import logging
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from gateway.model_server.wire.serving_pb2 import GetModelStatusRequest
from gateway.routes import ROUTES
from gateway.settings import Settings
from tests.support.gateway.gateway_client import Client
from tests.support.gateway.gateway_errors import assert_error
from tests.support.gateway.gateway_metrics import total
from tests.unit.gateway.equal_requests import BEAT, EQUAL_REQUESTS, predict

OPEN = ["/health", "/ready", "/metrics", "/openapi.json", "/", "/docs", "/static/page.css"]
NEEDING_A_KEY = ["/predict", "/explain", "/model", "/examples"]
GUARDED = [*NEEDING_A_KEY, "/nowhere", "/staticx", "/health/", "//health"]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, workers=1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    lines = (
        f"{name} {sha256(key).hexdigest()} {rate}\n" for name, key, rate in (("ward", b"k", ""), ("slow", b"s", 1))
    )
    path.write_text("".join(lines))
    return path


@pytest.fixture
def guarded(settings: Settings, another_client: Callable[..., Client], file: Path) -> Client:
    return another_client(replace(settings, api_keys_file=str(file)))


@pytest.fixture
def unguarded(client: Client) -> Client:
    return client


def counted(client: Client, name: str, **labels: str) -> float:
    return total(client.get("/metrics").text, name, **labels)


@pytest.mark.parametrize("way", EQUAL_REQUESTS)
@pytest.mark.parametrize("header", [{"X-API-Key": "k"}, {"Authorization": "Bearer k"}, {"Authorization": "bearer  k"}])
def test_a_known_key_is_accepted_on_both_request_paths_and_its_name_is_logged(guarded, way, header, caplog):
    with caplog.at_level(logging.INFO):
        assert predict(guarded, BEAT, headers=header, **EQUAL_REQUESTS[way]).status_code == 200
    (record,) = [each for each in caplog.records if each.name == "gateway.requests"]
    assert record.fields["key"] == "ward"


@pytest.mark.parametrize("way", EQUAL_REQUESTS)
@pytest.mark.parametrize(
    "header",
    [{}, {"X-API-Key": "unknown"}, {"Authorization": "Basic k"}, {"Authorization": "Bearer"}, {"Authorization": "k"}],
)
def test_without_a_key_both_request_paths_reject(guarded, way, header, caplog, serving):
    with caplog.at_level(logging.INFO):
        answer = predict(guarded, BEAT, headers=header | {"X-Request-ID": "abc"}, **EQUAL_REQUESTS[way])
    assert_error(answer, 401, "unauthorized", "API key")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="ecg"'
    assert answer.json["error"]["request_id"] == "abc"
    assert not [request for request in serving.requests if not isinstance(request, GetModelStatusRequest)]
    (record,) = [each for each in caplog.records if each.name == "gateway.requests"]
    assert (record.fields["status"], record.fields["error"], "key" in record.fields) == (401, "unauthorized", False)
    assert counted(guarded, "ecg_gateway_errors_total", kind="unauthorized") == 1
    assert counted(guarded, "ecg_gateway_requests_total", path="/predict", status="401") == 1


def test_no_log_has_a_key(guarded, caplog):
    with caplog.at_level(logging.DEBUG):
        for key in ("k-wrong-1", "k-wrong-2"):
            predict(guarded, BEAT, headers={"X-API-Key": key})
            guarded.get("/model", headers={"Authorization": f"Bearer {key}"})
    assert "k-wrong" not in "".join(str(vars(record)) for record in caplog.records)


@pytest.mark.parametrize("path", OPEN)
def test_pages_probes_metrics_and_the_description_are_open(guarded, path):
    assert guarded.get(path).status_code == 200


def test_open_paths_are_those_of_the_table_of_routes():
    """A new route says in the table whether it needs a key."""
    guarded = {route.path for route in ROUTES if not route.keyless}
    assert {path for path in guarded if not path.startswith(("/v1/", "/v2"))} == set(NEEDING_A_KEY)
    assert {route.path for route in ROUTES if route.keyless and route.api != "gateway"} == {
        "/v2/health/live",
        "/v2/health/ready",
    }


@pytest.mark.parametrize("path", GUARDED)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_all_other_paths_need_a_key_even_unknown_ones(guarded, path, method):
    assert_error(guarded.open(path, method), 401, "unauthorized")


def test_the_rate_limit_holds_on_both_request_paths(guarded):
    slow = {"X-API-Key": "s"}
    assert predict(guarded, BEAT, headers=slow).status_code == 200
    for way in EQUAL_REQUESTS.values():
        refused = predict(guarded, BEAT, headers=slow, **way)
        assert_error(refused, 429, "too_many_requests", "'slow'")
        assert refused.headers["Retry-After"] == "1"
    assert predict(guarded, BEAT, headers={"X-API-Key": "k"}).status_code == 200
    assert counted(guarded, "ecg_gateway_errors_total", kind="too_many_requests") == len(EQUAL_REQUESTS)


def test_a_rate_limited_key_is_named_in_the_log(guarded, caplog):
    with caplog.at_level(logging.INFO):
        statuses = [predict(guarded, BEAT, headers={"X-API-Key": "s"}).status_code for _ in range(2)]
    assert statuses == [200, 429]
    assert [each.fields["key"] for each in caplog.records if each.name == "gateway.requests"] == ["slow"] * 2


def test_a_key_name_is_not_carried_to_the_next_request(guarded, caplog):
    with caplog.at_level(logging.INFO):
        predict(guarded, BEAT, headers={"X-API-Key": "k"})
        predict(guarded, BEAT)
        guarded.get("/nowhere", headers={"X-API-Key": "k"})
    logged = [each.fields.get("key") for each in caplog.records if each.name == "gateway.requests"]
    assert logged == ["ward", None, "ward"]


def test_without_a_key_file_no_key_is_needed(unguarded):
    assert predict(unguarded, BEAT).status_code == 200
    assert predict(unguarded, BEAT, headers={"X-API-Key": "unknown"}).status_code == 200
