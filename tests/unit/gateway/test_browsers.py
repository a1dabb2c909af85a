"""Security headers for browsers, and permission for other origins (CORS), on both request paths."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from gateway.settings import Settings
from tests.support.gateway.gateway_client import Answer, Client
from tests.support.gateway.gateway_errors import assert_error
from tests.unit.gateway.equal_requests import BEAT, EQUAL_REQUESTS, predict

PAGE = "https://page.example"


@pytest.fixture
def shared(settings: Settings, another_client: Callable[..., Client], tmp_path: Path) -> Client:
    """With keys, and for the web pages of an origin."""
    keys = tmp_path / "keys"
    keys.write_text(f"ward {sha256(b'k').hexdigest()}\n")
    return another_client(replace(settings, api_keys_file=str(keys), cors_origins=f"http://localhost:3000,{PAGE}"))


@pytest.mark.parametrize("way", EQUAL_REQUESTS)
@pytest.mark.parametrize("content", [BEAT, {"features": []}])
def test_every_answer_forbids_caching_and_sniffing(client, way, content):
    headers = predict(client, content, **EQUAL_REQUESTS[way]).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("path", ["/", "/docs", "/static/page/nothing.js"])
def test_pages_load_nothing_from_elsewhere_and_are_in_no_frame(client, path):
    policy = client.get(path).headers["Content-Security-Policy"]
    parts = dict(part.split(" ", 1) for part in policy.split("; "))
    assert parts.pop("default-src") == "'self'"
    assert parts.pop("frame-ancestors") == parts.pop("base-uri") == parts.pop("object-src") == "'none'"
    assert "unsafe-eval" not in policy
    assert "script-src" not in parts
    assert ("style-src" in parts) == (path == "/docs")


def preflight(client: Client, origin: str = PAGE) -> Answer:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    return client.options("/predict", headers=headers)


@pytest.mark.parametrize("way", EQUAL_REQUESTS)
def test_a_configured_origin_may_send_requests_and_read_answers(shared, way):
    answer = predict(shared, BEAT, headers={"Origin": PAGE, "X-API-Key": "k"}, **EQUAL_REQUESTS[way])
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert "X-Model-Version" in answer.headers["Access-Control-Expose-Headers"]
    assert answer.headers["Vary"] == "Origin"


def test_a_configured_origin_may_read_errors_too(shared):
    answer = predict(shared, BEAT, headers={"Origin": PAGE})
    assert_error(answer, 401, "unauthorized")
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE


def test_a_preflight_needs_no_key_and_allows_a_key(shared):
    answer = preflight(shared)
    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST"
    assert {"Authorization", "Content-Type", "X-API-Key", "X-Client-ID"} <= set(
        answer.headers["Access-Control-Allow-Headers"].split(", ")
    )
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert len(answer.headers["X-Request-ID"]) == 32


@pytest.mark.parametrize("origin", ["https://other.example", f"{PAGE}.evil.example", "http://page.example", "null"])
def test_other_origins_may_not_read_answers(shared, client, origin):
    assert "Access-Control-Allow-Origin" not in preflight(shared, origin).headers
    answer = predict(shared, BEAT, headers={"Origin": origin, "X-API-Key": "k"})
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Origin" not in preflight(client, origin).headers


def test_a_star_is_every_origin(settings, another_client):
    client = another_client(replace(settings, cors_origins="*"))
    assert preflight(client, "https://any.example").headers["Access-Control-Allow-Origin"] == "https://any.example"
