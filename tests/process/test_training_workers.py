"""Workers that train one model together, each a process, as the pods of a Job would be."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.beats.made_beats import write_beats
from tests.support.gateway.gateway_process import ROOT

EPOCHS = 12


class Trainers:
    """So many processes of one training; the last is the one to be killed."""

    def __init__(self, base: Path, data: Path, count: int, *options: object) -> None:
        with ExitStack() as stack:
            sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
            for each in sockets:
                each.bind(("127.0.0.1", 0))
            self.addresses = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
        arguments = ["--data", data, "--models", base, *options]
        command = [sys.executable, "-m", "training", *map(str, arguments)]
        self.processes = [
            subprocess.Popen(
                command,
                cwd=ROOT,
                env=os.environ | self._config(index),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for index in range(count)
        ]
        self.lines: list[str] = []

    def _config(self, index: int) -> dict[str, str]:
        task = {"type": "worker", "index": index}
        config = {"cluster": {"worker": self.addresses}, "task": task}
        return {"TF_CONFIG": json.dumps(config)} if len(self.addresses) > 1 else {}

    def until(self, words: str) -> None:
        """Read on in the first process's output to the line that has `words`."""
        output = self.processes[0].stdout
        assert output
        for line in output:
            self.lines.append(line)
            if words in line:
                return
        raise AssertionError("".join(self.lines))

    def end(self) -> list[int]:
        """Read the remaining output and return all exit codes."""
        for process in self.processes:
            self.lines.extend(process.communicate(timeout=300)[0].splitlines(keepends=True))
        return [process.returncode for process in self.processes]

    @property
    def output(self) -> str:
        return "".join(self.lines)


@contextmanager
def training(base: Path, data: Path, count: int, *options: object) -> Iterator[Trainers]:
    trainers = Trainers(base, data, count, *options)
    try:
        yield trainers
    finally:
        for process in trainers.processes:
            process.kill()
            process.communicate()


def metrics(version: Path) -> Any:
    return json.loads((version / "assets.extra" / "metrics.json").read_text())


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_beats(tmp_path_factory.mktemp("data") / "beats.csv", [0, 1, 2] * 500)


def test_two_workers_publish_one_version_as_good_as_that_of_one(tmp_path, data):
    for count in (1, 2):
        options = ("--epochs", 3, "--log-dir", tmp_path / "logs", "--run", f"of-{count}")
        with training(tmp_path / "ecg", data, count, *options) as trainers:
            assert trainers.end() == [0] * count, trainers.output
    alone, together = (metrics(tmp_path / "ecg" / version) for version in "12")
    assert sorted(path.name for path in (tmp_path / "ecg").iterdir()) == ["1", "2"]
    assert together["data"]["rows"] == alone["data"]["rows"]
    assert together["metrics"]["accuracy"] == pytest.approx(alone["metrics"]["accuracy"], abs=0.02)
    # One of the workers writes for TensorBoard.
    events = [path.relative_to(tmp_path / "logs").parent for path in sorted((tmp_path / "logs").rglob("*tfevents*"))]
    assert [str(path) for path in events] == [
        f"of-{count}/{part}" for count in "12" for part in ("train", "validation")
    ]
    # The same rows in each batch: only the order in which sums are made differs.
    assert together["history"]["val_loss"] == pytest.approx(alone["history"]["val_loss"], rel=0.2)


def test_a_killed_worker_resumes_after_the_last_epoch_when_all_are_started_again(tmp_path, data):
    base = tmp_path / "ecg"
    options = ("--run", "job-1", "--epochs", EPOCHS, "--patience", EPOCHS)
    with training(base, data, 2, *options) as killed:
        killed.until("Epoch 3/")
        killed.processes[1].send_signal(signal.SIGKILL)
        assert killed.end() == [1, -signal.SIGKILL], killed.output
    assert "another worker was lost" in killed.output
    assert (base / ".checkpoint-job-1.npz").is_file()

    with training(base, data, 2, *options) as again:
        assert again.end() == [0, 0], again.output
    assert again.output.count("Resuming after epoch") == 2
    assert "Epoch 1/" not in again.output
    assert [path.name for path in base.iterdir()] == ["1"]
    assert len(metrics(base / "1")["history"]["val_loss"]) == EPOCHS

    with training(base, data, 1, *options) as late:  # as a pod that is lost between publishing and its end
        assert late.end() == [0]
    assert "this run has published version 1 already" in late.output
    assert [path.name for path in base.iterdir()] == ["1"]


def test_a_missing_worker_is_named_after_the_timeout(tmp_path, data):
    with training(tmp_path / "ecg", data, 2, "--worker-patience", 1) as trainers:
        trainers.processes[1].send_signal(signal.SIGKILL)
        code, _ = trainers.end()
    assert code == 1, trainers.output
    assert f"worker 1 at {trainers.addresses[1]} does not answer" in trainers.output
    assert "Traceback" not in trainers.output
