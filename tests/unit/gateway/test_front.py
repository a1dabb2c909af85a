"""Both ways in, on the event loop and through Flask: the same request has the same answer, counted and logged once."""

import asyncio
import json
import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import nan
from struct import pack
from types import SimpleNamespace
from typing import Any

import pytest
from grpc import StatusCode

from gateway import composition
from gateway.api.app import create_app
from gateway.candidate.annotation import Candidate
from gateway.errors import ModelOverloaded
from gateway.http import fast_path as front
from gateway.http import request_body as intake
from gateway.http.asgi import Application
from gateway.inference.micro_batcher import Collector
from gateway.settings import Settings
from gateway.telemetry.access_log import Journal
from tests.fake_serving import FakeServing
from tests.gateway_errors import assert_error
from tests.gateway_metrics import total

BEAT = {"features": [0.12345, 0, 0]}
JSON = "application/json"
USUAL = {"content_type": JSON}
# each makes a request an unusual one without changing what is asked
OTHER_WAYS: dict[str, dict[str, Any]] = {
    "query": {"query": b"probabilities=false"},
    "charset": {"content_type": f"{JSON}; charset=utf-8"},
    "chunked": {"chunks": 3},
}


@dataclass
class Caller:
    """Calls the application as uvicorn does."""

    application: Application
    runner: asyncio.Runner

    def ask(self, method: str, path: str, body: bytes = b"", **options: Any) -> Any:
        """One request; the answer has what assert_error looks at."""
        return self.runner.run(self._ask(method, path, body, **options))

    def post(self, content: Any, **options: Any) -> Any:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return self.ask("POST", "/predict", body, **options)

    def total(self, name: str, **labels: str) -> float:
        return total(self.ask("GET", "/metrics").text, name, **labels)

    async def _ask(
        self,
        method: str,
        path: str,
        body: bytes,
        query: bytes = b"",
        content_type: str | None = JSON,
        chunks: int = 0,
        headers: dict[str, str] | None = None,
    ) -> Any:
        given = dict(headers or {}) | ({"content-type": content_type} if content_type else {})
        given |= {"transfer-encoding": "chunked"} if chunks else {"content-length": str(len(body))}
        scope: dict[str, Any] = {
            "type": "http",
            "http_version": "1.1",
            "scheme": "http",
            "method": method,
            "path": path,
        }
        scope |= {"query_string": query, "root_path": "", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1)}
        scope["headers"] = [(name.lower().encode(), value.encode("latin1")) for name, value in given.items()]
        sent: list[dict[str, Any]] = []

        async def send(message: Any) -> None:
            sent.append(message)

        await self.application(scope, _receiving(body, chunks), send)
        return _answer(sent)


def _receiving(body: bytes, chunks: int) -> Any:
    size = max(1, len(body) // chunks) if chunks else len(body) or 1
    parts = [body[at : at + size] for at in range(0, len(body), size)] or [b""]
    messages = iter(
        {"type": "http.request", "body": part, "more_body": number < len(parts)} for number, part in enumerate(parts, 1)
    )

    async def receive() -> Any:
        return next(messages, {"type": "http.disconnect"})

    return receive


def _answer(sent: Sequence[dict[str, Any]]) -> Any:
    start, *rest = sent
    assert (start["type"], {each["type"] for each in rest}) == ("http.response.start", {"http.response.body"})
    assert not rest[-1].get("more_body")
    names = [name for name, _ in start["headers"]]
    assert len(names) == len(set(names))
    headers = {name.decode().title(): value.decode("latin1") for name, value in start["headers"]}
    body = b"".join(each["body"] for each in rest)
    assert headers["Content-Length"] == str(len(body))
    told = SimpleNamespace(status_code=start["status"], text=body.decode())
    told.json = json.loads(body) if headers["Content-Type"] == JSON else None
    told.headers = {_RESTORED.get(name, name): value for name, value in headers.items()}
    return told


_RESTORED = {"X-Request-Id": "X-Request-ID"}


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@contextmanager
def fake() -> Iterator[FakeServing]:
    serving = FakeServing()
    serving.start()
    yield serving
    serving.stop()


@pytest.fixture(scope="module")
def serving() -> Iterator[FakeServing]:
    with fake() as serving:
        yield serving


def caller_of(settings: Settings, runner: asyncio.Runner, target: str, **changed: Any) -> Caller:
    """Put a worker's application together as the gateway does."""
    return Caller(composition.application(replace(settings, serving_target=target, **changed), ""), runner)


@pytest.fixture(scope="module")
def settings(serving) -> Settings:
    return replace(
        Settings(), serving_target=serving.target, max_batch=5, max_body_bytes=10_000, deadline_seconds=30, threads=2
    )


@pytest.fixture
def caller(settings, runner) -> Caller:
    return caller_of(settings, runner, settings.serving_target)


@pytest.fixture(scope="module")
def steady(settings, runner) -> Caller:
    """For tests that count nothing."""
    return caller_of(settings, runner, settings.serving_target)


def same(answer: Any) -> tuple[int, Any, dict[str, str]]:
    """What of an answer must not depend on the way."""
    headers = {name: value for name, value in answer.headers.items() if name != "Content-Length"}
    return answer.status_code, answer.json, headers


@pytest.mark.parametrize("way", OTHER_WAYS)
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
def test_the_answer_does_not_depend_on_the_way(steady, body, way):
    named = {"headers": {"X-Request-ID": "trace-1"}}
    usual, other = steady.post(body, **named, **USUAL), steady.post(body, **named, **OTHER_WAYS[way])
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
def test_nor_on_the_size_of_the_body(settings, runner, serving, body, way):
    caller = caller_of(settings, runner, serving.target, max_body_bytes=intake.SMALL * 2)
    large, named = body + b" " * intake.SMALL, {"headers": {"X-Request-ID": "trace-1"}}
    assert same(caller.post(large, **named)) == same(caller.post(large, **named, **OTHER_WAYS[way]))
    assert same(caller.post(large, **named)) == same(caller.post(body, **named))


@pytest.mark.parametrize("way", ["query", "chunked"])
@pytest.mark.parametrize(
    "body", [pack("<6f", 9, 0, 0, -9, 0, 0), pack("<3f", 1, nan, 0), pack("<2f", 1, 1), b"abc", b""]
)
def test_nor_does_it_for_float32_bytes(steady, body, way):
    asked: dict[str, Any] = {"headers": {"X-Request-ID": "trace-1"}, "content_type": "application/octet-stream"}
    usual = steady.post(body, **asked)
    assert same(usual) == same(steady.post(body, **asked, **OTHER_WAYS[way]))
    assert (usual.status_code == 200) == (len(body) == 24)


@pytest.mark.parametrize("way", [USUAL, *OTHER_WAYS.values()])
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
def test_an_error_of_the_model_server_has_its_status_by_every_way(settings, runner, way, code, status, name):
    with fake() as serving:
        caller = caller_of(settings, runner, serving.target)
        assert caller.post(BEAT).status_code == 200
        serving.fail(code, times=10)
        assert_error(caller.post(BEAT, **way), status, name)


@pytest.mark.parametrize("way", [USUAL, *OTHER_WAYS.values()])
def test_everything_is_counted_once(caller, way):
    contents: list[object] = [BEAT, {"instances": [[0, 0, 0]] * 3}, {"features": []}, BEAT]
    for content in contents:
        caller.post(content, **way)
    requests = "ecg_gateway_requests_total"
    assert caller.total(requests, path="/predict", status="200", version="1") == 3
    assert caller.total(requests, path="/predict", status="400", version="") == 1
    assert caller.total(requests, path="/predict") == 4
    assert caller.total("ecg_gateway_request_seconds_count", path="/predict") == 4
    assert caller.total("ecg_gateway_errors_total", kind="invalid_request", version="") == 1
    assert caller.total("ecg_gateway_errors_total") == 1
    assert caller.total("ecg_gateway_predictions_total", version="1") == 5


@pytest.mark.parametrize("way", [USUAL, *OTHER_WAYS.values()])
def test_every_request_is_one_line_without_its_values(caller, caplog, way):
    caplog.set_level(logging.INFO)
    caller.post(BEAT, headers={"X-Request-ID": "one"}, **way)
    caller.post({"features": {"0.12345": 0.12345}}, headers={"X-Request-ID": "two"}, **way)
    good, bad = (record.fields for record in caplog.records)
    assert good.pop("milliseconds") > 0
    assert good == {
        "method": "POST",
        "path": "/predict",
        "status": 200,
        "model_version": "1",
        "request_id": "one",
    }
    assert (bad["status"], bad["error"], bad["model_version"]) == (400, "invalid_request", None)
    assert "0.12345" not in caplog.text + str(good | bad)


@pytest.mark.parametrize("given", [None, "", "a b", "x" * 129, "é"])
def test_a_request_id_that_is_not_sane_is_replaced_by_every_way(steady, given):
    headers = {} if given is None else {"X-Request-ID": given}
    for way in (USUAL, *OTHER_WAYS.values()):
        made = steady.post(BEAT, headers=headers, **way).headers["X-Request-ID"]
        assert len(made) == 32


def test_a_client_meets_the_same_version_by_every_way(settings, runner, pods):
    pods.candidate(2, weight=50)
    named = replace(settings, sticky_header="X-Patient")
    collector = Collector(pods.router.predict_each, named, ThreadPoolExecutor(1))
    app, journal = create_app(named, pods.router, pods.metrics), Journal(pods.metrics, (front.PATH,))
    caller = Caller(front.Front(app, pods.router, collector, journal, named), runner)
    for number in range(20):
        client = f"client-é-{number}"
        wanted = "2" if Candidate(2, weight=50).takes(client, 0.0) else "1"
        for way in (USUAL, *OTHER_WAYS.values()):
            assert caller.post(BEAT, headers={"X-Patient": client}, **way).headers["X-Model-Version"] == wanted


@pytest.mark.parametrize("version", ["1", "2", "x"])
def test_a_request_for_a_version_goes_by_flask(steady, version):
    answer = steady.post(BEAT, headers={"X-Model-Version": version})
    expected = {"1": 200, "2": 404, "x": 400}
    assert answer.status_code == expected[version]


def test_all_other_paths_are_answered_too(steady):
    assert steady.ask("GET", "/health").json == {"status": "healthy"}
    assert steady.ask("GET", "/ready").json["versions"] == [1]
    assert steady.ask("GET", "/model").json["name"] == "ecg"
    assert_error(steady.ask("GET", "/predict"), 405, "method_not_allowed")
    assert_error(steady.ask("POST", "/nowhere", b"{}"), 404, "not_found", "/predict")
    assert_error(steady.post(BEAT, content_type="text/plain"), 415, "unsupported_media_type")
    assert_error(steady.post(BEAT, content_type=None), 415, "unsupported_media_type")


def test_the_unforeseen_is_a_fixed_sentence_and_a_log_line_by_every_way(caller, caplog, serving):
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("cannot read 0.12345")

    # as only a programming error does it
    caller.application._app._collector._ask = broken
    answer = caller.post(BEAT, headers={"X-Request-ID": "abc"})
    assert_error(answer, 500, "internal_error", "Something unforeseen")
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert (record.fields["type"], record.fields["request_id"]) == ("ZeroDivisionError", "abc")
    assert "0.12345" not in str(record.fields) + record.getMessage()
    assert caller.total("ecg_gateway_errors_total", kind="internal_error") == 1
    assert caller.total("ecg_gateway_requests_total", path="/predict", status="500") == 1


class Full(Collector):
    """Has no room."""

    def check_room(self) -> None:
        raise ModelOverloaded("full")


def test_who_finds_no_room_is_told_before_the_body_is_looked_at(settings, runner, pods):
    full, journal = (
        Full(pods.router.predict_each, settings, ThreadPoolExecutor(1)),
        Journal(pods.metrics, (front.PATH,)),
    )
    app = create_app(settings, pods.router, pods.metrics)
    caller = Caller(front.Front(app, pods.router, full, journal, settings), runner)
    assert_error(caller.post(b"no JSON at all"), 503, "model_overloaded", "full")
    assert caller.post(BEAT, **OTHER_WAYS["query"]).status_code == 200


def test_a_body_that_breaks_off_is_answered_with_an_error_and_stops_nobody(steady):
    async def broken_off() -> Any:
        sent: list[Any] = []
        messages = iter([{"type": "http.request", "body": b'{"features"', "more_body": True}])

        async def receive() -> Any:
            return next(messages, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            sent.append(message)

        scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/predict", "query_string": b""}
        scope["headers"] = [(b"content-type", b"application/json"), (b"content-length", b"30")]
        await steady.application(scope, receive, send)
        return sent[0]["status"]

    assert steady.runner.run(broken_off()) == 400
    assert steady.post(BEAT).status_code == 200


def test_few_large_bodies_are_let_in_and_small_ones_always(settings, runner):
    caller = caller_of(settings, runner, settings.serving_target, max_body_bytes=2 * intake.SMALL, deadline_seconds=0.1)
    scope = {"type": "http", "method": "POST", "path": "/predict", "query_string": b""}
    scope["headers"] = [(b"content-type", JSON.encode()), (b"content-length", b"%d" % (intake.SMALL + 1))]
    statuses: list[int] = []

    async def send(message: Any) -> None:
        if "status" in message:
            statuses.append(message["status"])

    async def full() -> Any:
        gone = asyncio.Event()

        async def receive() -> Any:
            await gone.wait()
            return {"type": "http.disconnect"}

        async with asyncio.TaskGroup() as tasks:
            for _ in range(intake.LARGE):
                tasks.create_task(caller.application(dict(scope), receive, send))
            await asyncio.sleep(0)  # each has begun
            await caller.application(dict(scope), receive, send)
            assert statuses == [503]
            small = await caller._ask("POST", "/predict", json.dumps(BEAT).encode())
            gone.set()
        return small

    assert runner.run(full()).status_code == 200
    assert statuses == [503] + [400] * intake.LARGE, "what broke off has made room"
    assert caller.post(json.dumps(BEAT).encode() + b" " * intake.SMALL).status_code == 200
