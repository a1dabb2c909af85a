"""Each alert fires if and only if its fault exists, as Prometheus itself evaluates it."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.unit.chart.conftest import Object, one

pytestmark = pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
PODS = 'namespace="default",service="ecg-gateway"'


@dataclass(frozen=True)
class Fault:
    """Series as promtool writes them, with a sample a minute, and how many alerts fire after how long."""

    alert: str
    series: dict[str, str]
    after: str
    firing: int = 1


def requests(path: str, status: int, a_minute: int) -> dict[str, str]:
    return {f'ecg_gateway_requests_total{{{PODS},path="{path}",status="{status}"}}': f"0+{a_minute}x2000"}


def inputs(*a_minute: int) -> dict[str, str]:
    """Beats of each tenth of the training data."""
    series = f'ecg_gateway_inputs_total{{{PODS},version="1",statistic="range",decile='
    return {f'{series}"{decile}"}}': f"0+{amount}x2000" for decile, amount in enumerate(a_minute, start=1)}


def shadowed(agreeing: int, disagreeing: int) -> dict[str, str]:
    series = f'ecg_gateway_shadowed_beats_total{{{PODS},version="2",against="1",agree='
    return {f'{series}"true"}}': f"0+{agreeing}x60", f'{series}"false"}}': f"0+{disagreeing}x60"}


def seconds(below_one: int, a_minute: int) -> dict[str, str]:
    bucket = f'ecg_gateway_request_seconds_bucket{{{PODS},path="/predict",le='
    return {f'{bucket}"1"}}': f"0+{below_one}x60", f'{bucket}"2.5"}}': f"0+{a_minute}x60",
            f'{bucket}"+Inf"}}': f"0+{a_minute}x60"}  # fmt: skip


def predictions(first_class: str, second_class: str) -> dict[str, str]:
    series = f"ecg_gateway_predictions_total{{{PODS},predicted_class="
    return {f'{series}"0"}}': first_class, f'{series}"1"}}': second_class}


ROUNDS = f"ecg_gateway_candidate_rounds_total{{{PODS}}}"
UNREADABLE = f'ecg_gateway_errors_total{{{PODS},kind="candidate_unreadable"}}'
FAULTS = [
    Fault("EcgGatewayErrors", requests("/predict", 200, 90) | requests("/predict", 503, 10), "16m"),
    Fault("EcgGatewaySlow", seconds(below_one=90, a_minute=100), "20m"),
    Fault("EcgNoModelAvailable", requests("/ready", 503, 12), "16m"),
    Fault("EcgCandidateDisagrees", shadowed(agreeing=90, disagreeing=10), "30m"),
    Fault("EcgCandidateLeft", {ROUNDS: "0+60x2000"}, "7h"),
    Fault("EcgCandidateUnreadable", {UNREADABLE: "0+60x60"}, "30m"),
    Fault("EcgClassShift", predictions("0+90x1440 129600+10x200", "0+10x1440 14400+90x200"), "26h", firing=2),
    Fault("EcgInputDrift", inputs(50, 1, 1, 1, 1, 1, 1, 1, 1, 50), "25h"),
]
WELL = [
    Fault("EcgGatewayErrors", requests("/predict", 200, 98) | requests("/predict", 503, 2), "60m", firing=0),
    Fault("EcgGatewaySlow", seconds(below_one=100, a_minute=100), "60m", firing=0),
    Fault("EcgNoModelAvailable", requests("/ready", 503, 12) | requests("/ready", 200, 12), "60m", firing=0),
    Fault("EcgCandidateDisagrees", shadowed(agreeing=99, disagreeing=1), "60m", firing=0),
    Fault("EcgCandidateLeft", {ROUNDS: "0+60x120 7200+0x2000"}, "9h", firing=0),
    Fault("EcgCandidateUnreadable", {UNREADABLE: "0+1x60"}, "60m", firing=0),
    Fault("EcgClassShift", predictions("0+90x2000", "0+10x2000"), "26h", firing=0),
    Fault("EcgInputDrift", inputs(*[10] * 10), "25h", firing=0),
]


@pytest.fixture
def rules(every_option: list[Object], tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(json.dumps(one(every_option, "PrometheusRule")["spec"]))
    return path


def evaluated(rules: Path, faults: list[Fault]) -> str:
    """The differences from the expectation that promtool reports."""
    tests = [
        {
            "interval": "1m",
            "input_series": [{"series": name, "values": values} for name, values in fault.series.items()],
            "promql_expr_test": [
                {
                    "expr": f'count(ALERTS{{alertname="{fault.alert}",alertstate="firing"}}) or vector(0)',
                    "eval_time": fault.after,
                    "exp_samples": [{"labels": "{}", "value": fault.firing}],
                }
            ],
        }
        for fault in faults
    ]
    script = rules.with_name("test.yaml")
    script.write_text(json.dumps({"rule_files": [rules.name], "evaluation_interval": "5m", "tests": tests}))
    done = subprocess.run(["promtool", "test", "rules", script], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_each_alert_fires_on_its_fault(rules):
    assert evaluated(rules, FAULTS) == ""


def test_no_alert_fires_without_its_fault(rules):
    assert evaluated(rules, WELL) == ""


def test_every_alert_has_a_test(rules):
    (group,) = json.loads(rules.read_text())["groups"]
    assert {rule["alert"] for rule in group["rules"]} == {fault.alert for fault in FAULTS} == {it.alert for it in WELL}
