"""The program of `helm test`, beside a gateway that says what the test tells it to."""

import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.unit.chart.conftest import CHART

BEATS = [
    {"features": [0.5], "label": 0, "predicted_class": 0, "probability": 0.75},
    {"features": [1.5], "label": 1, "predicted_class": 0, "probability": 0.625},
]


class Gateway:
    """Answers /model, and /predict with the recorded answers unless told otherwise."""

    def __init__(self) -> None:
        self.status, self.version, self.predicted_by = 200, "7", "7"
        self.predictions = [{key: beat[key] for key in ("predicted_class", "probability")} for beat in BEATS]
        self.asked: list[object] = []
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.reply(gateway.status, gateway.version, {"model": "ecg"})

            def do_POST(self) -> None:
                gateway.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.reply(200, gateway.predicted_by, {"predictions": gateway.predictions})

            def reply(self, status: int, version: str, content: object) -> None:
                body = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("X-Model-Version", version)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    gateway = Gateway()
    thread = Thread(target=gateway.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield gateway
    gateway.server.shutdown()
    thread.join()
    gateway.server.server_close()


@pytest.fixture
def run(gateway, tmp_path):
    extra = tmp_path / "ecg" / "7" / "assets.extra"
    extra.mkdir(parents=True)
    (extra / "beats.json").write_text(json.dumps(BEATS))

    def known_beats():
        program = (CHART / "files" / "known_beats.py").read_text()
        url = f"http://127.0.0.1:{gateway.server.server_port}"
        command = [sys.executable, "-c", program, url, tmp_path / "ecg"]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return known_beats


def test_recorded_answers_pass(gateway, run):
    done = run()
    assert (done.returncode, done.stderr) == (0, "")
    assert "version 7, class 1: " in done.stdout
    assert gateway.asked == [{"instances": [[0.5], [1.5]]}]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"predicted_class": 1}, "class 0 was recorded"),
        ({"probability": 0.6255}, "probability 0.625 was recorded"),
    ],
)
def test_another_answer_fails(gateway, run, wrong, told):
    gateway.predictions[1] |= wrong
    done = run()
    assert done.returncode == 1
    assert told in done.stderr


def test_a_change_of_version_in_between_fails(gateway, run):
    gateway.predicted_by = "8"
    assert "version 7 was asked and version 8 answered" in run().stderr


def test_a_version_without_recorded_answers_fails(gateway, run):
    gateway.version = "9"
    assert "version 9 was not made by this project's training" in run().stderr


def test_a_refusal_fails_with_its_reason(gateway, run):
    gateway.status = 503
    done = run()
    assert done.returncode == 1
    assert 'answers 503: {"model": "ecg"}' in done.stderr
