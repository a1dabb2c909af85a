"""`make run`, as a newcomer types it."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psutil

from tests.support.beats.made_beats import write_beats
from tests.support.gateway.gateway_process import ROOT

FREE_PORT = ["--port", "0"]


class Run:
    """A command in its own process group, as a terminal starts it, and its output."""

    def __init__(self, command: list[str], cwd: Path, **env: str) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env=os.environ | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []

    def until(self, words: str) -> str:
        """Read on to the line that has `words`."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line)
            if words in line:
                return line
        raise AssertionError("".join(self.lines))

    def interrupt(self) -> None:
        """Ctrl-C: every process of the terminal's group gets SIGINT."""
        os.killpg(self.process.pid, signal.SIGINT)


@contextmanager
def running(command: list[str], cwd: Path = ROOT, **env: str) -> Iterator[Run]:
    run = Run(command, cwd, **env)
    try:
        yield run
    finally:
        with suppress(ProcessLookupError):
            run.interrupt()
        assert run.process.stdout
        run.lines.extend(run.process.stdout)
        run.process.stdout.close()
        run.process.wait(60)


def ask(url: str, body: bytes | None = None) -> Any:
    with urlopen(Request(url, body, {"Content-Type": "application/json"}), timeout=30) as answer:
        return json.load(answer)


def test_make_run_ends_with_a_prediction_and_ctrl_c_leaves_no_process(tmp_path):
    data = write_beats(tmp_path / "beats.csv", [0, 1] * 40)
    temporary = tmp_path / "t"  # short, as the path of a socket must be
    temporary.mkdir()
    arguments = shlex.join([*FREE_PORT, "--models", str(tmp_path / "ecg")])
    command = ["make", "run", f"DATA={data}", f"ARGS={arguments}", "TRAIN=--epochs 3 --label 'last'"]
    with running(command, TMPDIR=str(temporary)) as run:
        *_, body, url = shlex.split(run.until("Try it:"))
        answer = ask(url, Path(body.removeprefix("@")).read_bytes())
        assert json.dumps(answer) in "".join(run.lines)
        assert "Epoch 3/3\n" in run.lines
        family = psutil.Process(run.process.pid).children(recursive=True)
        assert len(family) >= 4  # run, the model server, the gateway and its workers
        listening = {each.laddr for process in family for each in process.net_connections("inet") if not each.raddr}
        assert {(host, port) for host, port in listening} == {("127.0.0.1", int(url.split(":")[2].split("/")[0]))}
        run.interrupt()
        _, alive = psutil.wait_procs(family, timeout=60)
    assert alive == []
    assert "Stopped\n" in run.lines
    assert list(temporary.iterdir()) == []


def test_without_data_and_without_a_network_the_beats_are_synthetic_and_called_so(tmp_path):
    command = [sys.executable, "-m", "scripts.run", *FREE_PORT]
    nowhere = "http://127.0.0.1:9"  # discard: nobody listens
    with running(command, tmp_path, PYTHONPATH=str(ROOT), http_proxy=nowhere, https_proxy=nowhere) as run:
        url = shlex.split(run.until("Try it:"))[-1]
        model = ask(url.replace("/predict", "/model"))
    assert "synthetic" in model["data"]["note"].lower()
    assert any("synthetic" in line.lower() for line in run.lines)
    assert {path.name for path in tmp_path.iterdir()} == {"build", "data", "models"}
    assert "synthetic" in (tmp_path / "models" / "ecg" / "1" / "assets.extra" / "report.html").read_text().lower()


def refused(port: int, models: Path) -> str:
    """Run with an unusable port; return the message."""
    command = [sys.executable, "-m", "scripts.run", "--port", str(port), "--models", str(models)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert not models.exists()
    return done.stderr


def test_a_port_in_use_is_reported_before_anything_is_trained(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(port, tmp_path / "ecg")
    assert said == f"run: port {port}: Address already in use; choose another one: make run PORT=5001\n"


def test_a_port_of_another_run_that_still_trains_is_busy_too(tmp_path):
    data = write_beats(tmp_path / "beats.csv", [0, 1] * 40)
    arguments = ["--data", str(data), "--models", str(tmp_path / "first")]
    with running([sys.executable, "-m", "scripts.run", *FREE_PORT, *arguments]) as run:
        run.until("")  # the training's first line
        port = next(each.laddr.port for each in psutil.Process(run.process.pid).net_connections("inet"))
        assert f"port {port}: Address already in use" in refused(port, tmp_path / "second")


def test_a_port_beyond_the_last_one_is_refused(tmp_path):
    assert "run: port 65536: " in refused(65536, tmp_path / "ecg")


def test_a_mistake_in_the_options_of_training_is_named_before_anything_is_started(tmp_path):
    command = [
        sys.executable,
        "-m",
        "scripts.run",
        *FREE_PORT,
        "--models",
        str(tmp_path / "ecg"),
        "--",
        "--epochs",
        "x",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "argument --epochs: 'x' is not a whole number" in done.stderr
    assert not (tmp_path / "ecg").exists()


def test_bad_data_ends_the_run_with_its_sentence_only(tmp_path):
    (tmp_path / "beats.csv").write_text("1.5,2,0\n3,oops,1\n")
    command = [sys.executable, "-m", "scripts.run", *FREE_PORT, "--data", str(tmp_path / "beats.csv")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "beats.csv, line 2, column 2" in done.stderr
    assert "Traceback" not in done.stderr
