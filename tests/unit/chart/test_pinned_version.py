"""The program that pins a pod to the model version of its template, as the pod's shell runs it."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from serving.lifecycle.config import read_config_file
from tests.unit.chart.conftest import CHART

PROGRAM = (CHART / "files" / "pin.sh").read_text()


@pytest.fixture
def base(tmp_path: Path) -> Path:
    for version in ("1", "2", "staging-x"):
        (tmp_path / "ecg" / version).mkdir(parents=True)
    return tmp_path / "ecg"


def start(base: Path, config: Path, **version: str) -> subprocess.Popen[str]:
    env = os.environ | {"ECG_MODEL_BASE_PATH": str(base)} | version
    command = ["sh", "-c", PROGRAM, "sh", str(config)]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True, start_new_session=True)


def test_the_model_server_is_configured_with_one_version(base, tmp_path):
    config = tmp_path / "models.config"
    with start(base, config, ECG_MODEL_VERSION="2") as process:
        assert process.stdout
        assert "serves model version 2" in process.stdout.read()
    assert process.returncode == 0
    (model,) = read_config_file(config).model_config_list.config
    assert (model.name, model.base_path, model.model_platform) == ("ecg", str(base), "tensorflow")
    assert list(model.model_version_policy.specific.versions) == [2]


@pytest.mark.parametrize("version", ["3", "latest", "2 2"])
def test_a_missing_version_fails_with_the_existing_versions(base, tmp_path, version):
    config = tmp_path / "models.config"
    with start(base, config, ECG_MODEL_VERSION=version) as process:
        assert process.stdout
        assert f"version {version} is not on the volume, which has: 1 2 staging-x" in process.stdout.read()
    assert process.returncode == 1
    assert not config.exists()


def test_the_pod_waits_for_the_first_promotion_until_it_is_stopped(base, tmp_path):
    with start(base, tmp_path / "models.config") as process:
        assert process.stdout
        assert "no model version is promoted yet" in process.stdout.readline()
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(timeout=30) == 1
