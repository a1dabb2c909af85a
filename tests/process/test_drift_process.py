"""The drift counts of a real gateway's workers, and the output of `python -m rollout drift`."""

import json
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.telemetry.drift import STATISTICS as COUNTED
from rollout.decisions.drift import ENOUGH, STATISTICS
from tests.support.gateway.gateway_process import ROOT, Gateway, running
from tests.support.serving.fake_serving import FakeModel, FakeServing

EVEN = [tenth / 10 for tenth in range(1, 10)]
REFERENCE = {"statistics": {"mean": EVEN, "probability": EVEN}, "classes": {"0": 0.0, "1": 1.0}}
INPUTS = "ecg_gateway_inputs_total"


@pytest.fixture
def serving(serving: FakeServing) -> FakeServing:
    serving.models[1] = FakeModel(width=140, description={"reference": REFERENCE})
    return serving


def drift(gateway: Gateway, *arguments: str) -> subprocess.CompletedProcess[str]:
    tool = [sys.executable, "-m", "rollout", "--gateway", f"http://127.0.0.1:{gateway.port}", "drift"]
    return subprocess.run([*tool, *arguments], cwd=ROOT, capture_output=True, text=True)


def beat(mean: float) -> dict[str, list[float]]:
    return {"features": [mean] * 140}


def test_a_batch_is_sampled_once_and_workers_are_summed(serving):
    with running(serving.target, workers=2) as gateway, ThreadPoolExecutor(40) as pool:
        gateway.ask("POST", "/predict", beat(0.5))
        with serving.hold():
            answers = [pool.submit(gateway.ask, "POST", "/predict", beat(0.5)) for _ in range(40)]
            serving.wait_for_held()
        assert {answer.result().status_code for answer in answers} == {200}
        gateway.ask("POST", "/predict", {"instances": [[0.5] * 140] * 100})
        calls = len(serving.predicts())
        assert calls < 42
        for statistic in ("mean", "probability"):
            assert gateway.total(INPUTS, version="1", statistic=statistic) == calls
        assert gateway.total("ecg_gateway_predictions_total", version="1") == 141
        # the probability of 0.5 is 0.62
        assert gateway.total(INPUTS, statistic="probability", decile="6") == calls
        assert gateway.total("ecg_gateway_expected_share", version="1", predicted_class="1") == 1


def test_the_command_distinguishes_usual_beats_from_others(serving):
    dice = random.Random(0)
    with running(serving.target, workers=2) as gateway:
        assert "no beats were counted yet" in drift(gateway, "--fail").stdout
        for _ in range(ENOUGH + 20):
            gateway.ask("POST", "/predict", beat(dice.random()))
        findings = json.loads(drift(gateway, "--json").stdout)
        assert {each["what"]: each["verdict"] for each in findings} == {
            "mean": "stable",
            "probability": "drifted",
            "predicted_class": "stable",
        }
        assert {each["beats"] for each in findings} == {ENOUGH + 20}
        failed = drift(gateway, "--fail")
        assert failed.returncode == 1
        assert failed.stderr == "rollout: version 1: the beats differ from the training beats: probability\n"


def test_every_statistic_of_the_gateway_has_its_row():
    assert STATISTICS == COUNTED
