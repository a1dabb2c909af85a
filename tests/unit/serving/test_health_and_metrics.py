"""The health service's stream, the metrics' text, and the log's lines."""

import json
import logging
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from google.protobuf.wrappers_pb2 import Int32Value, StringValue

from serving.health import NOT_SERVING, SERVICE_UNKNOWN, SERVING, Health
from serving.logs import JsonLines, fields
from serving.metrics import Metrics


@pytest.fixture
def health():
    return Health()


@pytest.fixture
def watch(health):
    server = grpc.server(ThreadPoolExecutor(1), handlers=[health.handlers()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stream = channel.unary_stream(
            "/grpc.health.v1.Health/Watch", StringValue.SerializeToString, Int32Value.FromString
        )
        yield lambda service: stream(StringValue(value=service), timeout=20)
    server.stop(None).wait()


def test_watchers_hear_that_the_server_goes(health, watch):
    # more of them than the server has threads for requests
    streams = [watch("") for _ in range(3)]
    assert [next(stream).value for stream in streams] == [SERVING] * 3
    health.stop()
    assert [next(stream).value for stream in streams] == [NOT_SERVING] * 3


def test_watchers_of_an_unknown_service_are_told_so_and_do_not_hold_up_a_drain(health, watch):
    stream = watch("nobody")
    assert next(stream).value == SERVICE_UNKNOWN
    health.stop()
    assert list(stream) == []


def test_counters_and_histograms_are_written_for_prometheus():
    metrics = Metrics()
    metrics.add(":count", model_name='a"b\\c\nd')
    metrics.add(":count", 2, model_name='a"b\\c\nd')
    for value in (10, 11, 1e12):
        metrics.observe(":latency", value)
    lines = metrics.exposition().splitlines()
    assert lines[0] == "# TYPE :count counter"
    assert lines[1] == r':count{model_name="a\"b\\c\nd"} 3'
    assert lines[2] == "# TYPE :latency histogram"
    assert lines[3:6] == [':latency_bucket{le="10"} 1', ':latency_bucket{le="18"} 2', ':latency_bucket{le="32.4"} 2']
    assert lines[-3:] == [':latency_bucket{le="+Inf"} 3', ":latency_sum{} 1e+12", ":latency_count{} 3"]
    assert metrics.total(":count") == 3
    assert metrics.total(":unknown") == 0


def test_a_log_line_is_json_with_its_fields():
    record = logging.makeLogRecord({"msg": "loading %s", "args": ("x",), "levelname": "INFO", **fields(version=2)})
    line = json.loads(JsonLines().format(record))
    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "INFO", "message": "loading x", "version": 2}
