"""The bench as its users start it: it measures the real processes, reports, and ends by itself."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.gateway_process import ROOT

CONTENDERS = "grpc,gateway"


@pytest.fixture
def models(trained: Path, tmp_path: Path) -> Path:
    """A model base path with one version."""
    return Path(shutil.copytree(trained, tmp_path / "ecg"))


def bench(models: Path, out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", "--models", str(models), "--out", str(out), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def left_behind(out: Path) -> list[list[str]]:
    """Command lines of processes that serve what lies in `out`, or write their log there."""
    return [
        process.info["cmdline"]
        for process in psutil.process_iter(["cmdline"])
        if any(str(out) in word for word in process.info["cmdline"] or [])
    ]


def test_a_run_measures_everybody_in_every_scenario_and_ends(models, tmp_path):
    done = bench(models, tmp_path, "--quick", "--only", CONTENDERS, "--seconds", "0.3")
    assert done.returncode == 0, done.stderr
    assert "1 beat, 64 connections: the gateway's requests by bare gRPC's" in done.stdout
    results = json.loads((tmp_path / "results.json").read_text())
    measured = {(each["contender"], each["scenario"]) for each in results["figures"]}
    assert len(measured) == len(results["figures"]) == 2 * 4
    assert all(each["requests_per_second"] > 0 and not each["faults"] for each in results["figures"])
    assert results["machine"]["versions"]["numpy"]
    assert "</svg>" in (tmp_path / "results.svg").read_text()
    assert left_behind(models) == []


def test_a_contender_that_answers_wrongly_fails_the_run(models, tmp_path):
    """What is expected is changed, so that the right answers are the wrong ones."""
    recorded = models / "1" / "assets.extra" / "beats.json"
    recorded.write_text(recorded.read_text().replace('"predicted_class": 0', '"predicted_class": 7'))
    done = bench(models, tmp_path, "--quick", "--only", "direct,grpc", "--seconds", "0.1")
    assert done.returncode == 1
    assert "direct answered wrongly" in done.stderr
    assert "grpc answers wrongly" in done.stderr


def test_a_name_that_is_none_is_refused(models, tmp_path):
    done = bench(models, tmp_path, "--only", "grpc,nobody")
    assert done.returncode == 2
    assert "'nobody' is not one of grpc, gateway" in done.stderr
