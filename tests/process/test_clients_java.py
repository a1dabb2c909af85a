"""Java's own HTTP client, which asks for HTTP/2 (Upgrade: h2c) with each request by default."""

import json
import subprocess
from pathlib import Path
from shutil import which

import pytest

from tests.support.gateway.gateway_process import running

PROGRAM = Path(__file__).with_name("Client.java")
BEAT = [0.5] * 140
ROWS = 500

pytestmark = pytest.mark.skipif(which("java") is None, reason="no Java is here")


@pytest.mark.parametrize("options", [[], ["close"]])
def test_javas_client_is_answered_by_default(serving, tmp_path, options):
    (tmp_path / "beat.json").write_text(json.dumps({"features": BEAT}))
    (tmp_path / "batch.json").write_text(json.dumps({"instances": [[0.123456789] * 140] * ROWS}))
    with running(serving.target) as gateway:
        arguments = [str(gateway.port), str(tmp_path / "beat.json"), str(tmp_path / "batch.json"), *options]
        java = ["java", "-Djdk.httpclient.allowRestrictedHeaders=connection", str(PROGRAM)]
        done = subprocess.run([*java, *arguments], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        lines = [line.partition(" ") for line in done.stdout.splitlines()]
        assert {status for status, _, _ in lines} == {"200"}
        answers = [json.loads(text) for _, _, text in lines]
        one, row = (gateway.ask("POST", "/predict", {"features": beat}).json for beat in (BEAT, [0.123456789] * 140))
        health = {"status": "healthy"}
        assert answers == [health, one, {"predictions": [row] * ROWS}, one] * 3 + [one] * 20
        assert gateway.total("ecg_gateway_requests_total", path="/predict", status="200") == 9 + 20 + 2
        assert gateway.total("ecg_gateway_errors_total") == 0
