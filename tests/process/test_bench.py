"""The bench as its users start it: it measures the real processes, reports, and ends by itself."""

import json
import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path

import psutil
import pytest

from bench.scenarios import BATCH, QUICK, RATE, SINGLE
from tests.support.gateway.gateway_process import ROOT

CONTENDERS = "grpc,gateway"


@pytest.fixture
def models(trained: Path, tmp_path: Path) -> Path:
    """A model base path with one version."""
    return Path(shutil.copytree(trained, tmp_path / "ecg"))


def bench(models: Path, out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", "--models", str(models), "--out", str(out), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def left_behind(out: Path) -> list[list[str]]:
    """Command lines of processes that serve files of `out`, or write their log there."""
    return [
        process.info["cmdline"]
        for process in psutil.process_iter(["cmdline"])
        if any(str(out) in word for word in process.info["cmdline"] or [])
    ]


def test_a_run_measures_every_contender_in_every_scenario(models, tmp_path):
    done = bench(models, tmp_path, "--quick", "--only", CONTENDERS, "--seconds", "0.3")
    assert done.returncode == 0, done.stderr
    assert "1 beat, 64 connections: the gateway's requests by bare gRPC's" in done.stdout
    results = json.loads((tmp_path / "results.json").read_text())
    measured = {(each["contender"], each["scenario"]) for each in results["figures"]}
    assert len(measured) == len(results["figures"])
    # on a machine that is too busy for it, a contender is not asked at the fixed rate
    names = [each.name for each in QUICK if each is not RATE]
    assert {pair for pair in measured if pair[1] != RATE.name} == set(product(CONTENDERS.split(","), names))
    assert results["largest_worker_bytes"]["gateway"].keys() == {"single", "large"}
    assert results["figures"][-1]["scenario"] == BATCH[4096].name
    assert all(each["requests_per_second"] > 0 and not each["faults"] for each in results["figures"])
    assert results["machine"]["versions"]["numpy"]
    assert "</svg>" in (tmp_path / "results.svg").read_text()
    assert left_behind(models) == []


def test_a_tensorflow_serving_binary_is_measured_bare_and_behind_the_gateway(models, tmp_path):
    """The stand-in takes the binary's flags, and is the project's own model server."""
    binary = tmp_path / "tensorflow_model_server"
    binary.write_text(f'#!/bin/sh\nexec {sys.executable} -m serving "$@"\n')
    binary.chmod(0o755)
    contenders = ["tensorflow-serving", "gateway-tensorflow-serving"]
    chosen = ["--only", ",".join(contenders), "--scenarios", "connections-8", "--rounds", "1", "--seconds", "0.2"]
    done = bench(models, tmp_path / "out", "--tensorflow-serving", str(binary), *chosen)
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    assert [each["contender"] for each in results["figures"]] == contenders
    assert {each["scenario"] for each in results["figures"]} == {SINGLE[8].name}
    assert results["machine"]["tensorflow_serving"].startswith("TensorFlow Serving API")
    assert left_behind(models) == []


def test_a_contender_that_answers_wrongly_fails_the_run(models, tmp_path):
    """What is expected is changed, so that the right answers are the wrong ones."""
    recorded = models / "1" / "assets.extra" / "beats.json"
    wrong = [{**beat, "predicted_class": 7} for beat in json.loads(recorded.read_text())]
    recorded.write_text(json.dumps(wrong))
    done = bench(models, tmp_path, "--quick", "--only", "direct,grpc", "--seconds", "0.1")
    assert done.returncode == 1
    assert "direct answered wrongly" in done.stderr
    assert "grpc answers wrongly" in done.stderr


def test_an_unknown_name_is_refused(models, tmp_path):
    done = bench(models, tmp_path, "--only", "grpc,nobody")
    assert done.returncode == 2
    assert "'nobody' is not one of grpc, gateway" in done.stderr
