"""`python -m training` as a command: exit status, output, and records for TensorBoard and MLflow."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.support.beats.made_beats import write_beats
from training.__main__ import main

OWN = ("TF_CPP_MIN_LOG_LEVEL", "MLFLOW_TRACKING_URI")  # as a newcomer has them: unset


def command(*arguments: object, **env: str) -> subprocess.CompletedProcess[str]:
    given = {name: value for name, value in os.environ.items() if name not in OWN}
    line = [sys.executable, "-m", "training", *map(str, arguments)]
    return subprocess.run(line, env=given | env, capture_output=True, text=True, check=False)


def beyond_the_note(process: subprocess.CompletedProcess[str], version: Path) -> list[str]:
    """Return the lines on stderr after the usual first lines about the beats."""
    note = json.loads((version / "assets.extra" / "metrics.json").read_text())["data"]["note"]
    beginning = f"500 beats of 12 values from beats.csv\nNOTE: {note}\n"
    assert process.stderr.startswith(beginning), process.stderr
    return process.stderr.removeprefix(beginning).splitlines()


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("command")
    data = write_beats(folder / "beats.csv", [0] * 250 + [1] * 250)
    options = ["--data", data, "--models", folder / "ecg", "--epochs", "3", "--log-dir", folder / "logs"]
    return folder, command(*options, "--run", "first")


def test_nothing_is_on_stderr_but_the_trainings_own_lines(done):
    folder, process = done
    assert process.returncode == 0
    assert beyond_the_note(process, folder / "ecg" / "1") == []


def test_each_epoch_is_an_event_for_tensorboard_and_no_graph_is(done):
    folder, _ = done
    history = json.loads((folder / "ecg" / "1" / "assets.extra" / "metrics.json").read_text())["history"]
    for part in ("train", "validation"):
        events = EventAccumulator(str(folder / "logs" / "first" / part)).Reload()
        assert events.Tags()["graph"] is False
        assert events.Tags()["scalars"] == ["epoch_accuracy", "epoch_loss"]
        written = {event.step: event.value for event in events.Scalars("epoch_loss")}
        name = "loss" if part == "train" else "val_loss"
        assert written == pytest.approx(dict(enumerate(history[name])))
    assert sum(file.stat().st_size for file in (folder / "logs").rglob("*") if file.is_file()) < 10_000


def test_errors_of_tracking_are_a_warning_each_and_cost_nothing(done, tmp_path):
    folder, _ = done
    (tmp_path / "file").write_text("")
    options = ["--data", folder / "beats.csv", "--models", tmp_path / "ecg", "--epochs", "2"]
    process = command(*options, "--log-dir", tmp_path / "file" / "logs", MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert process.returncode == 0
    assert (tmp_path / "ecg" / "1" / "saved_model.pb").is_file()
    warnings = beyond_the_note(process, tmp_path / "ecg" / "1")
    assert len(warnings) == 2
    assert warnings[0].startswith(f"--log-dir: cannot write events for TensorBoard to {tmp_path / 'file' / 'logs'}")
    assert "MLflow" in warnings[1]


def test_a_version_is_a_run_of_mlflow(done, tmp_path):
    pytest.importorskip("mlflow", reason="MLflow is not installed; see the extra mlflow in pyproject.toml")
    folder, _ = done
    options = ["--data", folder / "beats.csv", "--models", tmp_path / "ecg", "--epochs", "3", "--batch-size", "16"]
    store = {"MLFLOW_TRACKING_URI": f"file://{tmp_path}/runs", "MLFLOW_ALLOW_FILE_STORE": "true"}
    process = command(*options, MLFLOW_EXPERIMENT_NAME="hearts", **store)
    assert process.returncode == 0, process.stderr
    assert beyond_the_note(process, tmp_path / "ecg" / "1") == []
    (run,) = (each.parent for each in (tmp_path / "runs").glob("*/*/params"))
    assert "name: hearts" in (run.parent / "meta.yaml").read_text()
    assert "run_name: ecg 1" in (run / "meta.yaml").read_text()
    assert (run / "params" / "batch_size").read_text() == "16"
    assert len((run / "metrics" / "val_loss").read_text().splitlines()) == 3
    assert (run / "metrics" / "test" / "classes" / "1" / "recall").is_file()
    extra = tmp_path / "ecg" / "1" / "assets.extra"
    for name in ("report.html", "metrics.json"):
        assert (run / "artifacts" / name).read_bytes() == (extra / name).read_bytes()


@pytest.fixture
def own_sigterm() -> Iterator[None]:
    handler = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, handler)


@pytest.mark.usefixtures("own_sigterm")
def test_main_returns_the_exit_status(tmp_path, capsys):
    assert main(["--data", str(tmp_path / "missing.csv"), "--models", str(tmp_path / "ecg")]) == 1
    assert capsys.readouterr().err.startswith("training: ")
    (tmp_path / "ecg" / "3").mkdir()
    assert main(["--models", str(tmp_path / "ecg"), "--unless-published"]) == 0
