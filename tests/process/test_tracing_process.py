"""One trace through the processes, to a real OTLP receiver; also without tracing, and without the receiver."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import grpc
import pytest

from tests.golden import process as model_server
from tests.golden.kit import ONE_BEAT, Client, export, refused, spec
from tests.support.gateway.gateway_process import ROOT, running
from tests.support.otlp_receiver import OtlpReceiver, receiving

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED = f"00-{TRACE}-{SPAN}-01"
REQUEST, CALL, SERVER = "POST /predict", "tensorflow.serving.PredictionService/Predict", "ecg-model-server"
BEAT = {"features": [0.54321] * 140}


@pytest.fixture
def receiver() -> Iterator[OtlpReceiver]:
    yield from receiving()


def test_one_trace_leads_from_the_caller_to_the_model_server(receiver, tmp_path, monkeypatch):
    (tmp_path / "ecg").mkdir()
    export(tmp_path / "ecg" / "1")
    flags = "--port=0", "--model_name=ecg", f"--model_base_path={tmp_path}/ecg"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.grpc)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    with model_server.running(tmp_path / "server.log", *flags) as server:
        target = server.target
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.http)
        monkeypatch.delenv("OTEL_EXPORTER_OTLP_PROTOCOL")
        with running(target, workers=2) as gateway:
            beat = {"features": [0.54321] * 4}
            assert gateway.ask("POST", "/predict", beat, traceparent=SAMPLED).status_code == 200
            assert gateway.end() == 0
            line = next(json.loads(line) for line in gateway.lines if '"path":"/predict"' in line)
        with refused(grpc.StatusCode.INVALID_ARGUMENT):
            Client(target).predict(spec("ecg"), {"wrong": ONE_BEAT})
        assert server.terminate() == 0
    assert line["trace_id"] == TRACE
    request, wait, call = receiver.one(REQUEST), receiver.one("batch"), receiver.named(CALL)[-1]
    answered = receiver.named(CALL, SERVER)[-2]
    assert {span.trace for span in (request, wait, call, answered)} == {TRACE}
    assert [span.parent for span in (request, wait, call, answered)] == [SPAN, request.id, request.id, call.id]
    assert (answered.kind, answered.failed) == ("SERVER", False)
    assert answered.attributes == {
        "rpc.system": "grpc",
        "rpc.service": "tensorflow.serving.PredictionService",
        "rpc.method": "Predict",
        "rpc.grpc.status_code": 0,
        "ecg.model.name": "ecg",
        "ecg.model.version": "1",
    }
    wrong = receiver.named(CALL, SERVER)[-1]
    assert (wrong.parent, wrong.attributes["rpc.grpc.status_code"], wrong.failed) == ("", 3, False)
    assert "54321" not in str(receiver.requests)


def test_a_receiver_that_is_down_costs_no_request(serving, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "4")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4")
    with running(serving.target) as gateway:
        for _ in range(20):
            assert gateway.ask("POST", "/predict", BEAT).status_code == 200
        gateway.wait_for_line("opentelemetry")
        assert gateway.end() == 0
        lines = [json.loads(line) for line in gateway.lines]
    assert len([line for line in lines if line["logger"] == "gateway.requests"]) == 20
    assert not any("54321" in line for line in gateway.lines)


def test_workers_have_a_provider_each(serving, receiver, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.grpc)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    with running(serving.target, workers=2) as gateway:
        while sum("startup complete" in line for line in gateway.lines) < 2:
            assert gateway.ask("GET", "/health").status_code == 200
        for worker in gateway.workers:
            worker.suspend()  # so that the other one answers
            for _ in range(20):
                assert gateway.ask("POST", "/predict", BEAT).status_code == 200
            worker.resume()
        assert gateway.end() == 0
    assert len({span.id for span in receiver.named(REQUEST)}) == 40
    assert len(receiver.requests) > 1


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "xml", "OTEL_EXPORTER_OTLP_PROTOCOL='xml': expected http/protobuf or grpc"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "1", "OpenTelemetry cannot use the OTEL_ variables"),
    ],
)
def test_an_invalid_variable_ends_the_start_with_one_sentence(variable, value, sentence):
    env = os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "ECG_LISTEN": "127.0.0.1:0"}
    for component in ("gateway", "serving"):
        flags = ["--model_base_path=/nowhere"] if component == "serving" else []
        command = [sys.executable, "-m", component, *flags]
        ended = subprocess.run(command, cwd=ROOT, env=env | {variable: value}, capture_output=True, text=True)
        assert ended.returncode == {"gateway": 1, "serving": 2}[component]
        assert sentence in ended.stderr
        assert "Traceback" not in ended.stderr


LOADS = {
    "gateway": "from gateway.server import Server; from gateway.settings import Settings; Server(Settings()).load('')",
    "serving": "from serving.runtime.tensorflow_import import use_slim_tensorflow as u; u(); "
    "from serving.server import Server; "
    "from serving.flags import Flags; Server(Flags(model_base_path='/nowhere'))",
}


@pytest.mark.parametrize("component", LOADS)
def test_without_an_endpoint_nothing_of_opentelemetry_is_loaded(component):
    tell = "import sys; print([name for name in sys.modules if name.startswith(('opentelemetry', 'requests'))])"
    command = [sys.executable, "-c", f"{LOADS[component]}; {tell}"]
    env = os.environ | {"OTEL_SERVICE_NAME": "mine"}
    loaded = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
