"""The content of /metrics."""

import logging
import re
from contextlib import closing
from pathlib import Path

from prometheus_client.mmap_dict import MmapedDict, mmap_key

from gateway.model import Answer
from gateway.telemetry.metrics import MOST_CLASSES, MOST_VERSIONS, Metrics
from tests.support.gateway.gateway_metrics import total

BEAT = {"features": [0.5, 0, 0]}


def test_requests_are_counted_and_timed(client):
    client.post("/predict", json=BEAT)
    client.post("/predict", json={"features": []})
    client.get("/predict")
    client.get("/model")
    for path in ("/a", "/b"):
        client.get(path)
    answer = client.get("/metrics")
    assert answer.mimetype == "text/plain"
    requests = "ecg_gateway_requests_total"
    assert total(answer.text, requests, path="/predict", status="200", version="1") == 1
    assert total(answer.text, requests, path="/predict", status="400", version="") == 1
    assert total(answer.text, requests, path="/predict", status="405") == 1
    assert total(answer.text, requests, path="/model", status="200", version="1") == 1
    assert total(answer.text, requests, path="other", status="404") == 2
    assert total(answer.text, requests) == 6
    assert total(answer.text, "ecg_gateway_request_seconds_count", path="/predict", version="1") == 1
    assert total(answer.text, "ecg_gateway_request_seconds_count") == 6


def test_every_metric_is_documented():
    rows = re.findall(
        r"^\| `(ecg_gateway_\w+)`", (Path(__file__).parents[3] / "gateway" / "README.md").read_text(), re.M
    )
    assert set(rows) == set(re.findall(r"^# HELP (\w+)", Metrics().text().decode(), re.M))


def test_errors_are_counted_by_their_code(client, serving):
    client.post("/predict", json=[])
    client.post("/predict", json={"instances": [[0, 0, 0]] * 6})
    client.get("/nowhere")
    serving.models.clear()
    client.get("/ready")
    text = client.get("/metrics").text
    for kind in ("invalid_request", "too_many_beats", "not_found", "model_not_ready"):
        assert total(text, "ecg_gateway_errors_total", kind=kind, version="") == 1
    assert total(text, "ecg_gateway_errors_total") == 4


def test_beats_are_counted_by_their_class(client):
    client.post("/predict", json={"instances": [[9, 0, 0], [9, 0, 0], [-9, 0, 0]]})
    client.post("/predict", json=BEAT)
    text = client.get("/metrics").text
    assert total(text, "ecg_gateway_predictions_total", version="1", predicted_class="1") == 3
    assert total(text, "ecg_gateway_predictions_total", version="1", predicted_class="0") == 1


def test_a_scrape_is_not_logged(client, caplog):
    caplog.set_level(logging.INFO)
    client.get("/metrics")
    assert not caplog.records


def test_labels_are_bounded():
    metrics = Metrics()
    for number in range(1000):
        metrics.predicted(Answer(number, [0], [1.0], [[1.0]]))
        metrics.predicted(Answer(0, [number], [1.0], [[1.0]]))
        metrics.failed("model_failed", number)
    text = metrics.text().decode()
    assert total(text, "ecg_gateway_predictions_total") == 2000
    assert total(text, "ecg_gateway_predictions_total", version="other") == 1000 - MOST_VERSIONS
    assert total(text, "ecg_gateway_predictions_total", predicted_class="other") == 1000 - MOST_CLASSES
    assert total(text, "ecg_gateway_errors_total", version="other") == 1000 - MOST_VERSIONS


def test_workers_are_added_up_without_one_that_has_not_written_yet(tmp_path):
    name = "ecg_gateway_requests_total"
    key = mmap_key(name.removesuffix("_total"), name, ["path"], ["/predict"], "")
    for worker in (1, 2):
        with closing(MmapedDict(str(tmp_path / f"counter_{worker}.db"))) as file:
            file.write_value(key, 3.0, 0.0)
    (tmp_path / "counter_3.db").touch()  # as it is for a moment when a worker makes its first metric
    assert total(Metrics(str(tmp_path)).text().decode(), name, path="/predict") == 6
