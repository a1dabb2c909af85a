"""The destination of spans, and the policies that allow it."""

import pytest

from tests.unit.chart.conftest import CHART, container_of, one

ON = ("--set", "tracing.endpoint=http://collector:4318,tracing.env.OTEL_TRACES_SAMPLER=always_on")


@pytest.mark.parametrize("component", ["gateway", "serving"])
def test_spans_go_where_the_values_say(render, component):
    env = container_of(render(*ON), "Deployment", component)["env"]
    assert env[-3:] == [
        {"name": "OTEL_EXPORTER_OTLP_ENDPOINT", "value": "http://collector:4318"},
        {"name": "OTEL_SERVICE_NAME", "value": f"ecg-{component}"},
        {"name": "OTEL_TRACES_SAMPLER", "value": "always_on"},
    ]
    assert not [each for each in container_of(render(), "Deployment", component).get("env", []) if "OTEL" in str(each)]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("endpoint=collector:4318", "/tracing/endpoint"),
        ("endpoint=http://a,tracing.env.OTEL_SERVICE_NAME=x", "tracing.env.OTEL_SERVICE_NAME: the chart sets this"),
        ("env.PATH=x", "'PATH' not allowed"),
    ],
)
def test_values_that_cannot_work_are_refused(helm, wrong, message):
    assert message in helm("template", "ecg", CHART, "--set", f"tracing.{wrong}", failing=True)


@pytest.mark.parametrize(
    ("endpoint", "port"), [("", None), ("http://a:4318/v1", 4318), ("https://a.example", 443), ("http://[::1]", 80)]
)
def test_policies_let_spans_through(render, endpoint, port):
    objects = render("--set", "networkPolicy.enabled=true", "--set", f"tracing.endpoint={endpoint}")
    for component in ("gateway", "serving"):
        egress = one(objects, "NetworkPolicy", component)["spec"].get("egress", [])
        assert ({"ports": [{"port": port}]} in egress) == bool(endpoint)
        assert bool(egress) == bool(endpoint or component == "gateway")
