"""The variables that switch the model server's traces on, and their values."""

import re

import pytest

from serving.telemetry.tracing import TracingError, export_protocol, start_tracing

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}
RATIO = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio"}


@pytest.mark.parametrize(
    ("env", "protocol"),
    [
        ({}, None),
        ({"OTEL_SERVICE_NAME": "mine"}, None),
        (ENDPOINT, "http/protobuf"),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc"}, "grpc"),
        (ENDPOINT | {"OTEL_SDK_DISABLED": "true"}, None),
        (ENDPOINT | {"OTEL_TRACES_EXPORTER": "none"}, None),
        (ENDPOINT | RATIO | {"OTEL_TRACES_SAMPLER_ARG": "0.5"}, "http/protobuf"),
    ],
)
def test_an_endpoint_switches_tracing_on(env, protocol):
    assert export_protocol(env) == protocol


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}, "OTEL_EXPORTER_OTLP_PROTOCOL='http/json': expected http/proto"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT='collector:4318': expected a"),
        ({"OTEL_TRACES_EXPORTER": "console"}, "OTEL_TRACES_EXPORTER='console': expected otlp or none"),
        ({"OTEL_TRACES_SAMPLER": "some"}, "OTEL_TRACES_SAMPLER='some': expected always_on or"),
        (RATIO | {"OTEL_TRACES_SAMPLER_ARG": "10%"}, "OTEL_TRACES_SAMPLER_ARG='10%': expected the share of traces"),
        (RATIO | {"OTEL_TRACES_SAMPLER_ARG": "nan"}, "OTEL_TRACES_SAMPLER_ARG='nan': expected the share of traces"),
        ({"OTEL_EXPORTER_OTLP_TIMEOUT": "soon"}, "OTEL_EXPORTER_OTLP_TIMEOUT='soon': expected a number above 0"),
        ({"OTEL_BSP_MAX_QUEUE_SIZE": "0"}, "OTEL_BSP_MAX_QUEUE_SIZE='0': expected a number above 0"),
    ],
)
def test_an_invalid_variable_is_one_sentence(env, sentence):
    with pytest.raises(TracingError, match=re.escape(sentence)):
        export_protocol(ENDPOINT | env)


def test_without_an_endpoint_no_tracing_is_started():
    assert start_tracing(None) is None
