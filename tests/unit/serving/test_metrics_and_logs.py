"""The metrics' text and the log's lines."""

import json
import logging

from serving.logs import JsonLines, fields
from serving.telemetry.metrics import Metrics


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
