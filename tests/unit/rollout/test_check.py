"""check: the recorded beats of a version, sent to a single gateway and to one in a cluster."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from rollout.commands import Commands
from rollout.errors import RolloutError
from rollout.gateway.api_key import api_key
from rollout.options import parse_options
from rollout.workflow.clock import Clock
from tests.support.kubernetes.fake_cluster import BEATS, write_version


class Gateway:
    """Answers /model, and /predict with the recorded answers by default."""

    def __init__(self) -> None:
        self.status, self.version, self.predicted_by = 200, "7", "7"
        self.predictions = [{key: beat[key] for key in ("predicted_class", "probability")} for beat in BEATS]
        self.asked: list[tuple[str | None, object]] = []
        self.keys: list[str | None] = []
        self.refusal: object = {"model": "ecg"}
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                gateway.keys.append(self.headers["X-API-Key"])
                self.reply(gateway.status, gateway.version, gateway.refusal)

            def do_POST(self) -> None:
                content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                gateway.keys.append(self.headers["X-API-Key"])
                gateway.asked.append((self.headers["X-Model-Version"], content))
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

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


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
def check(gateway, tmp_path):
    """`check` without any cluster; returns the sentence that it fails with."""
    write_version(tmp_path / "ecg", 7)

    def check(*arguments: str, before: tuple[str, ...] = ()) -> str:
        where = ["--gateway", gateway.url, "--models", str(tmp_path / "ecg")]
        options = parse_options([*where, *before, "check", *arguments])
        try:
            Commands(options, str(tmp_path / "no-kubeconfig"), Clock(), print, api_key(options.key_file, {})).run()
        except RolloutError as error:
            return str(error)
        return ""

    return check


def test_recorded_answers_pass(gateway, check, capsys):
    assert check() == ""
    assert "version 7, class 1: {'predicted_class': 0, 'probability': 0.625}" in capsys.readouterr().out
    assert gateway.asked == [("7", {"instances": [[0.5], [1.5]]})]


def test_a_version_may_be_named(gateway, check):
    gateway.version = "6"
    assert check("--version", "7") == ""


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"predicted_class": 1}, "class 0 was recorded"),
        ({"probability": 0.6255}, "probability 0.625 was recorded"),
        ({"probability": float("nan")}, "probability 0.625 was recorded"),
    ],
)
def test_another_answer_fails(gateway, check, wrong, message):
    gateway.predictions[1] |= wrong
    assert message in check()


def test_fewer_answers_than_beats_fail(gateway, check):
    gateway.predictions.pop()
    assert "version 7 gives 1 answers to 2 beats" in check()


def test_a_change_of_version_in_between_fails(gateway, check):
    gateway.predicted_by = "8"
    assert "version 8 answered instead of version 7" in check()


def test_a_version_without_recorded_answers_fails(gateway, check):
    gateway.version = "9"
    assert "version 9 has no recorded beats; it was not made by this project's training" in check()


def test_a_refusal_fails_with_its_reason(gateway, check):
    gateway.status = 503
    assert 'answers 503: {"model": "ecg"}' in check()


def test_the_key_is_sent_with_every_request(gateway, check, tmp_path):
    (tmp_path / "key").write_text("secret\n")
    assert check(before=("--key-file", str(tmp_path / "key"))) == ""
    assert gateway.keys == ["secret", "secret"]


def test_a_gateway_that_wants_a_key_says_where_to_give_it(gateway, check):
    gateway.status, gateway.refusal = 401, {"error": {"code": "unauthorized", "message": "No key"}}
    assert check() == "the gateway's /model answers 401: No key; give the API key by --key-file"


def test_a_server_that_is_not_a_gateway_fails(gateway, check):
    gateway.version = "nginx"
    assert "is this an ECG gateway?" in check()


def test_a_missing_gateway_fails(gateway, check):
    gateway.server.server_close()
    gateway.server.shutdown()
    assert "Connection refused" in check()


def test_the_release_is_asked_through_its_cluster(cluster, tool, capsys):
    cluster.serve(2)
    tool("check")
    assert "version 2, class 0: " in capsys.readouterr().out
    assert any(path.startswith("POST") and "/services/ecg-gateway:http/proxy/predict" in path for path in cluster.asked)
