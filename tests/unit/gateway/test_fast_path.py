"""The fast path and Flask give the same answer to the same request, from the same version."""

from collections.abc import Callable
from dataclasses import replace
from math import nan
from struct import pack
from typing import Any

import pytest
from grpc import StatusCode

from gateway.candidate.annotation import Candidate
from gateway.composition import compose
from gateway.http.request_body import SMALL
from gateway.settings import Settings
from tests.support.gateway.gateway_client import Answer, Client
from tests.support.gateway.gateway_errors import assert_error
from tests.unit.gateway.equal_requests import BEAT, EQUAL_REQUESTS, UNUSUAL_REQUESTS, predict

NAMED: dict[str, Any] = {"headers": {"X-Request-ID": "trace-1"}}


def same(answer: Answer) -> tuple[int, Any, dict[str, str]]:
    """The parts of an answer that must not depend on the request path."""
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    return answer.status_code, answer.json, headers


@pytest.mark.parametrize("way", UNUSUAL_REQUESTS)
@pytest.mark.parametrize(
    "body",
    [
        b'{"features": [0.5, 1, -2]}',
        b'{"features": [0.5, 1, -2e38]}',
        b'{"features": {"F3": 3, "F1": 1, "F2": 2}}',
        b'{"instances": [[9, 0, 0], {"F3": 0, "F2": 0, "F1": -9}]}',
        b'{"instances": [[9, 0, 0]]}',
        b'{"instances": []}',
        b'{"instances": [[0,0,0],[0,0,0],[0,0,0],[0,0,0],[0,0,0],[0,0,0]]}',
        b'{"instances": [[0, 0, 0], [0, true, 0]]}',
        b'{"instances": [[0, 0, 0], [0, 0]]}',
        b'{"features": [1, "2", 3]}',
        b'{"features": [1, null, 3]}',
        b'{"features": [1, NaN, 3]}',
        b'{"features": [1, 1e400, 3]}',
        b'{"features": [1, 1e39, 3]}',
        b'{"features": [1, ' + b"9" * 5000 + b", 3]}",
        b'{"features": [1, 2]}',
        b'{"features": [1, 2], "features": [1, 2, 3]}',
        b'{"features": {"F1": 1, "F2": 2}}',
        b'{"features": {"F1": 1, "F2": 2, "F3": 3, "F4": 4}}',
        '{"features": {"F1": 1, "F2": 2, "é\u2028": 3}}'.encode(),
        b'{"features": {"F1": 1, "F2": 2, "\\ud800": 3}}',
        b'{"features": {"F1": 1, "F2": 2, "<b>\\u0000": null}}',
        b'{"features": "abc"}',
        b'{"feature": [1, 2, 3]}',
        b"[1, 2, 3]",
        b"{",
        b"",
        b"\xff",
        b'{"features": [1, 2, 3]} ' + b"[" * 5000,
        b" " * 10_001,
    ],
    ids=lambda body: body[:40].decode(errors="replace").strip(),
)
def test_the_answer_does_not_depend_on_the_request_path(client, body, way):
    usual, other = predict(client, body, **NAMED), predict(client, body, **NAMED, **UNUSUAL_REQUESTS[way])
    assert same(usual) == same(other)
    assert usual.headers["X-Request-ID"] == "trace-1"
    assert ("X-Model-Version" in usual.headers) == (usual.status_code == 200)
    if usual.status_code != 200:
        assert usual.status_code in (400, 413)
        assert usual.json["error"]["request_id"] == "trace-1"


@pytest.mark.parametrize("way", ["query", "chunked"])
@pytest.mark.parametrize(
    "body",
    [b'{"features": [0.5, 1, -2]}', b'{"instances": [[9, 0, 0], [0, 0, 0]]}', b'{"features": [1, 2]}', b"[]"],
    ids=bytes.decode,
)
def test_the_answer_does_not_depend_on_the_size_of_the_body(settings, another_client, body, way):
    client, large = another_client(replace(settings, max_body_bytes=SMALL * 2)), body + b" " * SMALL
    assert same(predict(client, large, **NAMED)) == same(predict(client, large, **NAMED, **UNUSUAL_REQUESTS[way]))
    assert same(predict(client, large, **NAMED)) == same(predict(client, body, **NAMED))


@pytest.mark.parametrize("way", ["query", "chunked"])
@pytest.mark.parametrize(
    "body", [pack("<6f", 9, 0, 0, -9, 0, 0), pack("<3f", 1, nan, 0), pack("<2f", 1, 1), b"abc", b""]
)
def test_the_answer_to_float32_bytes_does_not_depend_on_the_request_path(client, body, way):
    asked: dict[str, Any] = {**NAMED, "content_type": "application/octet-stream"}
    usual = predict(client, body, **asked)
    assert same(usual) == same(predict(client, body, **asked, **UNUSUAL_REQUESTS[way]))
    assert (usual.status_code == 200) == (len(body) == 24)


@pytest.mark.parametrize("way", EQUAL_REQUESTS)
@pytest.mark.parametrize(
    ("code", "status", "name"),
    [
        (StatusCode.UNAVAILABLE, 503, "model_not_ready"),
        (StatusCode.RESOURCE_EXHAUSTED, 503, "model_overloaded"),
        (StatusCode.DEADLINE_EXCEEDED, 504, "model_too_slow"),
        (StatusCode.INVALID_ARGUMENT, 502, "contract_broken"),
        (StatusCode.INTERNAL, 502, "model_failed"),
    ],
)
def test_an_error_of_the_model_server_has_the_same_status_on_both_paths(client, serving, way, code, status, name):
    assert predict(client, BEAT).status_code == 200
    serving.fail(code, times=10)
    assert_error(predict(client, BEAT, **EQUAL_REQUESTS[way]), status, name)


def test_a_client_gets_the_same_version_on_both_paths(pods):
    pods.candidate(2, weight=50)
    settings = replace(Settings(), sticky_header="X-Patient")
    client = Client(compose(settings, pods.discovery, pods.rollout, pods.router, pods.metrics), pods.loop)
    for number in range(20):
        name = f"client-é-{number}"
        wanted = "2" if Candidate(2, weight=50).takes(name, 0.0) else "1"
        for way in EQUAL_REQUESTS.values():
            assert predict(client, BEAT, headers={"X-Patient": name}, **way).headers["X-Model-Version"] == wanted


@pytest.mark.parametrize(("version", "status"), [("1", 200), ("2", 404), ("x", 400)])
def test_a_request_for_a_version_is_answered_by_flask(client, version, status):
    assert predict(client, BEAT, headers={"X-Model-Version": version}).status_code == status


def test_an_overloaded_gateway_rejects_before_it_reads_the_body(
    settings: Settings, another_client: Callable[..., Client]
):
    client = another_client(replace(settings, max_waiting=0))
    assert_error(predict(client, b"no JSON at all"), 503, "model_overloaded", "Too many requests wait")
    assert predict(client, BEAT, **UNUSUAL_REQUESTS["query"]).status_code == 200


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"content_type": "application/json; charset=utf-8"},
        {"content_type": "application/json;charset=UTF-8"},
        {"content_type": 'Application/JSON; charset="utf-8"; x=1'},
        {"content_type": "application/octet-stream"},
        {"chunks": 2},
        {"headers": {"Content-Encoding": "gzip"}},
    ],
)
def test_every_notation_of_the_usual_request_takes_the_fast_path(settings, another_client, asked):
    full = another_client(replace(settings, max_waiting=0))  # which Flask's way never says
    assert_error(predict(full, BEAT, **asked), 503, "model_overloaded", "Too many requests wait")


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf8"', "us-ascii"])
def test_json_may_declare_the_charset_utf_8(client, charset):
    answer = predict(client, BEAT, content_type=f"application/json; charset={charset}")
    assert answer.json == predict(client, BEAT).json


@pytest.mark.parametrize("way", ["usual", "query", "chunked"])
@pytest.mark.parametrize("charset", ["utf-16", "latin1", ""])
def test_json_in_another_charset_is_a_415(client, charset, way):
    answer = predict(client, BEAT, content_type=f"application/json; charset={charset}", **EQUAL_REQUESTS[way])
    assert_error(answer, 415, "unsupported_media_type", "send JSON in UTF-8", field="Content-Type")
