"""The door before both ways in: the same keys, limits, headers, counts and log lines on the event loop and in Flask."""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from gateway.settings import Settings
from tests.fake_serving import FakeServing
from tests.gateway_errors import assert_error
from tests.unit.gateway.test_front import BEAT, OTHER_WAYS, USUAL, Caller, caller_of, fake

WAYS = {"usual": USUAL, **OTHER_WAYS}
OPEN = ["/health", "/ready", "/metrics"]
GUARDED = ["/model", "/examples", "/nowhere", "/staticx", "/health/", "//health"]
PAGE = "https://page.example"


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def serving() -> Iterator[FakeServing]:
    with fake() as serving:
        yield serving


@pytest.fixture
def settings(serving) -> Settings:
    return replace(Settings(), workers=1, max_batch=5, max_body_bytes=10_000, deadline_seconds=30)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    lines = (
        f"{name} {sha256(key).hexdigest()} {rate}\n" for name, key, rate in (("ward", b"k", ""), ("slow", b"s", 1))
    )
    path.write_text("".join(lines))
    return path


@pytest.fixture
def guarded(settings, runner, serving, file) -> Caller:
    return caller_of(settings, runner, serving.target, api_keys_file=str(file))


@pytest.fixture
def unguarded(settings, runner, serving) -> Caller:
    return caller_of(settings, runner, serving.target)


@pytest.fixture
def shared(settings, runner, serving, file) -> Caller:
    """With keys, and for the web pages of an origin."""
    origins = f"http://localhost:3000,{PAGE}"
    return caller_of(settings, runner, serving.target, api_keys_file=str(file), cors_origins=origins)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("header", [{"X-API-Key": "k"}, {"Authorization": "Bearer k"}, {"Authorization": "bearer  k"}])
def test_a_known_key_gets_in_by_every_way_and_its_name_is_logged(guarded, way, header, caplog):
    with caplog.at_level(logging.INFO):
        assert guarded.post(BEAT, headers=header, **WAYS[way]).status_code == 200
    (record,) = [each for each in caplog.records if each.name == "gateway.requests"]
    assert record.fields["key"] == "ward"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "header",
    [{}, {"X-API-Key": "unknown"}, {"Authorization": "Basic k"}, {"Authorization": "Bearer"}, {"Authorization": "k"}],
)
def test_without_one_every_way_is_shut(guarded, way, header, caplog, serving):
    asked = len(serving.requests)
    with caplog.at_level(logging.INFO):
        answer = guarded.post(BEAT, headers=header | {"X-Request-ID": "abc"}, **WAYS[way])
    assert_error(answer, 401, "unauthorized", "API key")
    assert answer.headers["Www-Authenticate"] == 'Bearer realm="ecg"'
    assert answer.json["error"]["request_id"] == "abc"
    assert len(serving.requests) == asked
    (record,) = [each for each in caplog.records if each.name == "gateway.requests"]
    assert (record.fields["status"], record.fields["error"], "key" in record.fields) == (401, "unauthorized", False)
    assert guarded.total("ecg_gateway_errors_total", kind="unauthorized") == 1
    assert guarded.total("ecg_gateway_requests_total", path="/predict", status="401") == 1


def test_no_log_has_a_key(guarded, caplog):
    with caplog.at_level(logging.DEBUG):
        for key in ("k-wrong-1", "k-wrong-2"):
            guarded.post(BEAT, headers={"X-API-Key": key})
            guarded.ask("GET", "/model", headers={"Authorization": f"Bearer {key}"})
    assert "k-wrong" not in "".join(str(vars(record)) for record in caplog.records)


@pytest.mark.parametrize("path", OPEN)
def test_probes_and_metrics_are_open(guarded, path):
    assert guarded.ask("GET", path).status_code == 200


@pytest.mark.parametrize("path", GUARDED)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_all_else_is_shut_also_what_is_not_there(guarded, path, method):
    assert_error(guarded.ask(method, path), 401, "unauthorized")


def test_a_key_that_is_used_too_often_waits_whatever_way_it_takes(guarded):
    slow = {"X-API-Key": "s"}
    assert guarded.post(BEAT, headers=slow).status_code == 200
    for way in WAYS.values():
        refused = guarded.post(BEAT, headers=slow, **way)
        assert_error(refused, 429, "too_many_requests", "'slow'")
        assert refused.headers["Retry-After"] == "1"
    assert guarded.post(BEAT, headers={"X-API-Key": "k"}).status_code == 200
    assert guarded.total("ecg_gateway_errors_total", kind="too_many_requests") == len(WAYS)


def test_who_is_refused_for_haste_is_named_in_the_log(guarded, caplog):
    with caplog.at_level(logging.INFO):
        statuses = [guarded.post(BEAT, headers={"X-API-Key": "s"}).status_code for _ in range(2)]
    assert statuses == [200, 429]
    assert [each.fields["key"] for each in caplog.records if each.name == "gateway.requests"] == ["slow"] * 2


def test_one_requests_name_is_not_the_nexts(guarded, caplog):
    with caplog.at_level(logging.INFO):
        guarded.post(BEAT, headers={"X-API-Key": "k"})
        guarded.post(BEAT)
        guarded.ask("GET", "/nowhere", headers={"X-API-Key": "k"})
    logged = [each.fields.get("key") for each in caplog.records if each.name == "gateway.requests"]
    assert logged == ["ward", None, "ward"]


def test_without_a_file_everybody_may_ask(unguarded):
    assert unguarded.post(BEAT).status_code == 200
    assert unguarded.post(BEAT, headers={"X-API-Key": "unknown"}).status_code == 200


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("content", [BEAT, {"features": []}])
def test_every_answer_is_kept_nowhere_and_not_guessed_at(unguarded, way, content):
    headers = unguarded.post(content, **WAYS[way]).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("path", ["/", "/docs", "/static/page/nothing.js"])
def test_pages_load_nothing_from_elsewhere_and_are_in_no_frame(unguarded, path):
    policy = unguarded.ask("GET", path).headers["Content-Security-Policy"]
    parts = dict(part.split(" ", 1) for part in policy.split("; "))
    assert parts.pop("default-src") == "'self'"
    assert parts.pop("frame-ancestors") == parts.pop("base-uri") == parts.pop("object-src") == "'none'"
    assert "unsafe-eval" not in policy
    assert "script-src" not in parts
    assert ("style-src" in parts) == (path == "/docs")


def preflight(caller: Caller, origin: str = PAGE):
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    return caller.ask("OPTIONS", "/predict", headers=headers)


@pytest.mark.parametrize("way", WAYS)
def test_pages_of_a_named_origin_may_ask_and_read(shared, way):
    answer = shared.post(BEAT, headers={"Origin": PAGE, "X-API-Key": "k"}, **WAYS[way])
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert "X-Model-Version" in answer.headers["Access-Control-Expose-Headers"]
    assert answer.headers["Vary"] == "Origin"


def test_they_may_read_errors_too(shared):
    answer = shared.post(BEAT, headers={"Origin": PAGE})
    assert_error(answer, 401, "unauthorized")
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE


def test_a_preflight_needs_no_key_and_allows_to_send_one(shared):
    answer = preflight(shared)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert {"Authorization", "Content-Type", "X-API-Key", "X-Client-ID"} <= set(
        answer.headers["Access-Control-Allow-Headers"].split(", ")
    )
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert len(answer.headers["X-Request-ID"]) == 32


@pytest.mark.parametrize("origin", ["https://other.example", f"{PAGE}.evil.example", "http://page.example", "null"])
def test_pages_of_other_origins_may_not(shared, unguarded, origin):
    assert "Access-Control-Allow-Origin" not in preflight(shared, origin).headers
    answer = shared.post(BEAT, headers={"Origin": origin, "X-API-Key": "k"})
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Origin" not in preflight(unguarded, origin).headers


def test_a_star_is_every_origin(settings, runner, serving):
    caller = caller_of(settings, runner, serving.target, cors_origins="*")
    assert preflight(caller, "https://any.example").headers["Access-Control-Allow-Origin"] == "https://any.example"
