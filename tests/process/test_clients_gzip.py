"""Compressed bodies against a real gateway. `requests` has two as people sent them."""

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from struct import pack
from typing import Any

import pytest

from tests.support.gateway.gateway_errors import assert_error
from tests.support.gateway.gateway_process import Gateway, running
from tests.support.serving.fake_serving import FakeModel

REQUESTS = Path(__file__).with_name("requests")
FLOAT32 = "application/octet-stream"
LIMIT = 20_000_000
BEAT = {"features": [0.5] * 140}


@pytest.fixture
def gateway(serving) -> Iterator[Gateway]:
    serving.models = {1: FakeModel(width=140).described()}
    with running(serving.target, max_body_bytes=LIMIT) as gateway:
        yield gateway


def ask(gateway: Gateway, body: bytes, path: str = "/predict", encoding: str = "gzip", **headers: str) -> Any:
    return gateway.ask("POST", path, chunks=[body], Content_Encoding=encoding, **headers)


@pytest.mark.parametrize("path", ["/predict", "/predict?details=true", "/explain"])
@pytest.mark.parametrize(
    ("name", "content_type"), [("instances.json.gz", "application/json"), ("beat_float32.gz", FLOAT32)]
)
def test_gzip_is_unpacked(gateway, path, name, content_type):
    squeezed = (REQUESTS / name).read_bytes()
    plain = gateway.ask("POST", path, chunks=[gzip.decompress(squeezed)], Content_Type=content_type)
    assert plain.status_code == 200
    for encoding in ("gzip", "x-gzip", "GZIP"):
        answer = ask(gateway, squeezed, path, encoding, Content_Type=content_type)
        assert (answer.status_code, answer.json) == (200, plain.json)


def test_large_gzip_is_unpacked(gateway):
    content = {"instances": [[0.123456789] * 140] * 4000}
    plain = gateway.ask("POST", "/predict", content)
    assert ask(gateway, gzip.compress(json.dumps(content).encode())).json == plain.json
    packed = gzip.compress(pack("<140f", *[0.123456789] * 140) * 4000)
    assert ask(gateway, packed, Content_Type=FLOAT32).json == plain.json


@pytest.mark.parametrize("path", ["/predict", "/explain", "/v2/models/ecg/infer", "/v1/models/ecg:predict"])
def test_a_decompression_bomb_is_rejected_with_little_memory(gateway, path):
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(400)) + packer.flush()
    assert ask(gateway, gzip.compress(json.dumps(BEAT).encode())).status_code == 200
    before = most_memory(gateway)
    for body in (bomb, bomb * 20):
        answer = ask(gateway, body, path)
        assert answer.status_code == 413
        assert f"limit of {LIMIT} bytes" in json.dumps(answer.json)
    assert most_memory(gateway) - before < 4 * LIMIT, "of 400 MB and 8 GB"


def most_memory(gateway: Gateway) -> int:
    """The most bytes that a worker ever had in memory."""
    (worker,) = gateway.workers
    status = Path(f"/proc/{worker.pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


@pytest.mark.parametrize("path", ["/predict", "/predict?details=true", "/explain"])
@pytest.mark.parametrize("encoding", ["deflate", "br", "zstd", "gzip, gzip", "compress"])
def test_another_encoding_is_refused_by_name(gateway, path, encoding):
    answer = ask(gateway, zlib.compress(json.dumps(BEAT).encode()), path, encoding)
    saying = f"The Content-Encoding '{encoding}' is not supported; send 'gzip'"
    assert_error(answer, 415, "unsupported_media_type", saying, field="Content-Encoding")
    assert answer.headers["Accept-Encoding"] == "gzip"


@pytest.mark.parametrize(
    "broken", [b"", b"{}", gzip.compress(b"{}", mtime=0)[:-1], gzip.compress(b"{}", mtime=0) + b"x"]
)
def test_content_that_is_not_gzip_is_rejected(gateway, broken):
    assert_error(ask(gateway, broken), 400, "invalid_request", "gzip", field="Content-Encoding")


def test_a_large_body_that_ends_in_the_wrong_brackets_is_not_json(gateway):
    content = json.dumps({"instances": [[0.123456789] * 140] * 60})
    assert len(content) > 2**16
    for body in (content[:-2] + "}]", content[:-1], content[:-2] + "]}}", content + "]"):
        answer = gateway.ask("POST", "/predict", chunks=[body.encode()])
        assert_error(answer, 400, "invalid_request", "Not JSON")
        assert_error(ask(gateway, gzip.compress(body.encode())), 400, "invalid_request", "Not JSON")
