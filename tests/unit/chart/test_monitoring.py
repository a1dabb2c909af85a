"""The dashboard and the alerts use existing metrics of the gateway and the model server."""

import json
import re
from collections.abc import Iterator

import pytest

from gateway.telemetry.metrics import Metrics
from serving.telemetry.metrics import REQUEST_LATENCY
from tests.unit.chart.conftest import CHART, Object, container_of, one
from tests.unit.chart.test_values import README

ENDINGS = {"counter": [""], "histogram": ["_bucket", "_count", "_sum"]}


def known_metrics() -> set[str]:
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", Metrics().text().decode(), re.MULTILINE))
    kinds[REQUEST_LATENCY] = "histogram"
    return {metric + ending for metric, kind in kinds.items() for ending in ENDINGS.get(kind, [])}


def asked_metrics(query: str) -> set[str]:
    return set(re.findall(r"([\w:]+)\{", query))


@pytest.fixture
def board(every_option: list[Object]) -> Object:
    (config,) = [each for each in every_option if each["metadata"]["name"] == "ecg-gateway-dashboard"]
    assert config["metadata"]["labels"]["grafana_dashboard"] == "ecg"
    (text,) = config["data"].values()
    assert text == (CHART / "files" / "dashboard.json").read_text()
    return dict(json.loads(text))


@pytest.fixture
def alerts(every_option: list[Object]) -> list[Object]:
    (group,) = one(every_option, "PrometheusRule")["spec"]["groups"]
    return list(group["rules"])


def board_queries(board: Object) -> Iterator[str]:
    for panel in board["panels"]:
        yield from (target["expr"] for target in panel["targets"])


def test_nothing_is_rendered_by_default(render):
    assert not {"ServiceMonitor", "PrometheusRule"} & {each["kind"] for each in render()}
    assert not [each for each in render() if each["metadata"]["name"].endswith("-dashboard")]


def test_the_dashboard_uses_existing_metrics(board):
    asked = set().union(*(asked_metrics(query) for query in board_queries(board)))
    assert asked <= known_metrics()
    assert len(asked) == 8


def test_every_panel_shows_the_chosen_release_only(board):
    for query in board_queries(board):
        for selector in re.findall(r"\{([^}]*)\}", query):
            assert selector.startswith('namespace="$namespace",service="$release-'), query


def test_panels_have_a_place_and_a_number_of_their_own(board):
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]}
    assert len(places) == len(board["panels"])


def test_the_alerts_use_existing_metrics(alerts):
    for alert in alerts:
        assert asked_metrics(alert["expr"]), alert["alert"]
        assert asked_metrics(alert["expr"]) <= known_metrics(), alert["alert"]


def test_the_alerts_are_about_this_release_only(alerts):
    for alert in alerts:
        for selector in re.findall(r"\{([^}]*)\}", alert["expr"]):
            assert selector.startswith('namespace="default",service="ecg-gateway"'), alert["alert"]


def test_an_alert_says_what_is_wrong_and_what_to_do(alerts):
    for alert in alerts:
        assert alert["labels"]["severity"] in {"critical", "warning"}
        assert alert["annotations"].keys() == {"summary", "description"}, alert["alert"]
        assert len(alert["annotations"]["description"]) > 100, alert["alert"]


def test_the_readme_lists_every_alert(alerts):
    assert re.findall(r"^\| `(Ecg\w+)` \|", README, re.MULTILINE) == [alert["alert"] for alert in alerts]


def test_monitors_have_the_labels_of_the_values(every_option):
    found = [each for each in every_option if each["kind"] in {"ServiceMonitor", "PrometheusRule"}]
    assert [each["metadata"]["labels"]["release"] for each in found] == ["prometheus"] * 3


def test_a_label_for_prometheus_replaces_a_common_one(render):
    on = [
        f"{each}.enabled=true,{each}.labels.release=own" for each in ("serviceMonitor", "prometheusRule", "dashboard")
    ]
    objects = render("--set", ",".join([*on, "commonLabels.release=common"]))
    own = {each["metadata"]["name"] for each in objects if each["metadata"]["labels"]["release"] == "own"}
    assert own == {"ecg-gateway", "ecg-serving", "ecg-gateway-dashboard"}


def test_prometheus_finds_the_gateways_metrics(every_option):
    monitor, service = (one(every_option, kind, "gateway") for kind in ("ServiceMonitor", "Service"))
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    (endpoint,) = monitor["spec"]["endpoints"]
    assert endpoint == {"targetPort": "management", "path": "/metrics", "interval": "15s"}
    ports = container_of(every_option, "Deployment", "gateway")["ports"]
    assert endpoint["targetPort"] in {each["name"] for each in ports}  # Prometheus keeps the pods' port of that name
