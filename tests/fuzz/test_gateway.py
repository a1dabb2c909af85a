"""Whatever comes over HTTP: no 500, no crash, bounded memory, and right answers afterwards."""

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256

import pytest

from tests.fuzz.conftest import BRIEF, PATIENCE, Fuzz, memory, send, statuses
from tests.fuzz.requests import WIDTH, Raw, bodies, heads, requests
from tests.support.gateway.gateway_process import Gateway, running
from tests.support.serving.fake_serving import FakeModel, FakeServing

METHODS = ("POST", "POST", "POST", "GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH")
PATHS: tuple[str, ...] = (
    "/predict",
    "/predict",
    "/explain",
    "/examples",
    "/model",
    "/openapi.json",
    "/",
    "/docs",
    "/ready",
    "/metrics",
)
PATHS += ("/v2/models/ecg/infer", "/v2/models/ecg", "/v2", "/v1/models/ecg:predict", "/v1/models/ecg/labels/a:predict")
NAMES: tuple[str, ...] = (
    "X-Model-Version",
    "X-Request-ID",
    "X-Client-ID",
    "Expect",
    "Origin",
    "Connection",
    "Upgrade",
    "X-API-Key",
)
NAMES += ("Content-Encoding", "Inference-Header-Content-Length")
NAMES += ("Access-Control-Request-Method", "Authorization", "Accept-Encoding", "Transfer-Encoding", "Content-Length")
BEAT = {"features": [0.5] * WIDTH}
ALLOWED = {
    200,
    204,
    308,
    400,
    401,
    404,
    405,
    413,
    414,
    415,
    417,
    426,
    431,
    501,
}  # 501 for a version without a signature
GROWN = 150e6  # bytes that may be held more at the end than at the beginning


@pytest.fixture
def serving() -> Iterator[FakeServing]:
    fake = FakeServing(FakeModel(width=WIDTH).described())
    fake.start()
    yield fake
    fake.stop()


@pytest.fixture(params=["open", "with keys"])
def gateway(request, serving, tmp_path) -> Iterator[Gateway]:
    safety = {}
    if request.param != "open":
        (tmp_path / "keys").write_text(f"ward {sha256(b'k').hexdigest()}\n")
        safety = {"api_keys_file": tmp_path / "keys", "cors_origins": "https://page.example"}
    with running(serving.target, max_body_bytes=100_000, max_batch=50, **safety) as gateway:
        yield gateway


def test_no_request_breaks_the_gateway(gateway: Gateway, fuzz: Fuzz):
    right = gateway.ask("POST", "/predict", BEAT, X_API_Key="k").json
    workers, address = gateway.workers, ("127.0.0.1", gateway.port)
    before, seen = memory(workers), Counter[int]()

    def attempt(raw: Raw) -> None:
        answer = send(address, raw.content, PATIENCE if raw.answers else BRIEF)
        found = statuses(answer)
        seen.update(found)
        assert set(found) <= ALLOWED, answer
        assert b"internal_error" not in answer
        assert len(found) >= (raw.answers or 0), raw.content

    head = heads(METHODS, PATHS, NAMES).map(lambda head: head + b"X-API-Key: k\r\nConnection: close\r\n")
    tried = fuzz(requests(head, bodies(("features", "instances"))), attempt)
    print(f"{tried} examples were answered {dict(seen)}")
    assert {200, 400} <= set(seen)
    assert gateway.ask("POST", "/predict", BEAT, X_API_Key="k").json == right
    assert gateway.workers == workers, "a worker ended"
    assert memory(workers) - before < GROWN
    assert [line for line in gateway.lines if '"level":"error"' in line or "Traceback" in line] == []
