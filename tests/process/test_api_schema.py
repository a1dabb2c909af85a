"""A real gateway compared with its own OpenAPI document by schemathesis, for valid and invalid requests."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.security.api_keys import make_key
from tests.support.gateway.gateway_process import ROOT, Gateway, running
from tests.support.serving.fake_serving import FakeModel

Check = Callable[..., str]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Have schemathesis ask all that it can think of, the same in each run; give its report."""

    def checked(gateway: Gateway, *options: str, width: int = 4) -> str:
        command = [
            sys.executable,
            "-m",
            "schemathesis.cli",
            f"--config-file={ROOT / 'tests' / 'schemathesis.toml'}",
            "run",
        ]
        command += [f"http://127.0.0.1:{gateway.port}/openapi.json", "--no-color", "--request-timeout=30"]
        environment = {"PYTHONPATH": str(ROOT), "WIDTH": str(width)}
        run = subprocess.run(
            [*command, *options],
            cwd=tmp_path,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        assert gateway.total("ecg_gateway_requests_total", status="500") == 0
        return run.stdout

    return checked


@pytest.fixture
def model(serving) -> FakeModel:
    model = FakeModel(width=4, labels=(-1, 1, 2)).described()
    serving.models[1] = model
    return model


def test_every_answer_is_as_documented(serving, model, check, tmp_path):
    key, line = make_key("tests")
    (tmp_path / "keys").write_text(line)
    with running(serving.target, api_keys_file=tmp_path / "keys", max_batch=5, max_explained=3) as gateway:
        check(gateway, "--header", f"Authorization: Bearer {key}")
        for path in ("/predict", "/explain"):
            assert all(asked(gateway, path, status) for status in (200, 400, 401, 404)), path
        for path in ("/model", "/examples", "/ready", "/health", "/metrics"):
            assert asked(gateway, path, 200), path


def test_without_a_model_every_answer_is_as_documented(serving, check):
    serving.models.clear()
    with running(serving.target) as gateway:
        check(gateway, "--exclude-checks=not_a_server_error")
        for path in ("/predict", "/explain", "/model", "/examples", "/ready"):
            assert asked(gateway, path, 503), path


def test_a_trained_model_answers_as_documented(tree, check):
    # numbers near the largest float32 overflow in the network, which is a 400 as documented
    check(tree.gateway, "--exclude-checks=positive_data_acceptance", width=12)
    for path in ("/predict", "/explain"):
        assert asked(tree.gateway, path, 200), path
    examples = tree.gateway.ask("GET", "/examples").json["examples"]
    assert examples == tree.examples(1)
    content = {"instances": [each["features"] for each in examples]}
    details = tree.gateway.ask("POST", "/predict?details=true", content).json["predictions"]
    explained = tree.gateway.ask("POST", "/explain", content).json["explanations"]
    far = tree.gateway.ask("POST", "/predict?details=true", {"features": [50.0] * 12}).json
    assert far["unusual"]
    for example, detail, explanation in zip(examples, details, explained, strict=True):
        assert example["predicted_class"] == detail["predicted_class"] == explanation["predicted_class"]
        assert detail["probability"] == pytest.approx(explanation["probability"], abs=1e-6)
        difference = explanation["score"] - explanation["baseline_score"]
        assert sum(explanation["attributions"]) == pytest.approx(difference, abs=0.02 * max(1, abs(difference)))


def asked(gateway: Gateway, path: str, status: int) -> float:
    return gateway.total("ecg_gateway_requests_total", path=path, status=str(status))
