"""A plain client of TensorFlow Serving's REST API, with a real gateway and with the model server's own REST API."""

import gzip
import json
import subprocess
from contextlib import ExitStack
from shutil import copytree, which

import httpx
import pytest

from gateway.security.api_keys import make_key
from tests.golden.process import running as running_server
from tests.support.gateway.gateway_process import running
from tests.support.serving.fake_serving import FakeModel
from tests.support.tree import Tree

BEATS = [[0.5] * 140, [-2.0] * 140]


def test_a_plain_client_predicts(serving):
    serving.models = {1: FakeModel(width=140), 2: FakeModel(width=140)}
    serving.labels = {"stable": 1}
    with running(serving.target) as gateway, httpx.Client(base_url=f"http://127.0.0.1:{gateway.port}") as client:
        state = client.get("/v1/models/ecg").json()["model_version_status"][0]
        assert (state["version"], state["state"]) == ("2", "AVAILABLE")
        inputs = client.get("/v1/models/ecg/metadata").json()["metadata"]["signature_def"]["signature_def"]
        assert inputs["serving_default"]["inputs"]["features"]["tensor_shape"]["dim"][1]["size"] == "140"
        for path, version in (("", "2"), ("/versions/1", "1"), ("/labels/stable", "1")):
            answer = client.post(f"/v1/models/ecg{path}:predict", json={"instances": BEATS})
            assert [each["predicted_class"] for each in answer.json()["predictions"]] == [1, 0]
            assert answer.headers["X-Model-Version"] == version
        squeezed = gzip.compress(json.dumps({"inputs": BEATS}).encode())
        answer = client.post("/v1/models/ecg:predict", content=squeezed, headers={"Content-Encoding": "gzip"})
        assert answer.json()["outputs"]["predicted_class"] == [1, 0]
        refused = client.post("/v1/models/ecg/labels/none:predict", json={"instances": BEATS})
        assert (refused.status_code, "label 'none'" in refused.json()["error"]) == (404, True)
        wrong = client.post("/v1/models/ecg:predict", json={"instances": [[1]]})
        assert (wrong.status_code, wrong.json()) == (400, {"error": "instances[0] has 1 values; the model takes 140"})
        path = "/v1/models/<name>/labels/<label>:predict"
        assert gateway.total("ecg_gateway_requests_total", path=path, status="200", version="1") == 1


@pytest.mark.skipif(which("curl") is None, reason="curl is not here")
def test_curl_as_tensorflow_servings_documentation_has_it(serving, tmp_path):
    key, line = make_key("ward")
    (tmp_path / "keys").write_text(line)
    with running(serving.target, api_keys_file=tmp_path / "keys") as gateway:
        url = f"http://127.0.0.1:{gateway.port}/v1/models/ecg:predict"
        command = ["curl", "-s", "-d", json.dumps({"instances": BEATS}), "-X", "POST", url]
        answer = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        assert "API key" in answer["error"]
        command += ["-H", f"X-API-Key: {key}"]
        answer = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        assert [each["predicted_class"] for each in answer["predictions"]] == [1, 0]


def test_the_gateway_and_the_model_server_answer_alike(tmp_path, trained):
    with ExitStack() as stack:
        tree = Tree(tmp_path, stack)
        copytree(trained, tree.base)
        config = tmp_path / "models.config"
        config.write_text(
            f'model_config_list {{ config {{ name: "ecg" base_path: "{tree.base}" model_platform: "tensorflow" '
            'version_labels { key: "stable" value: 1 } } }'
        )
        flags = (f"--model_config_file={config}", "--allow_version_labels_for_unavailable_models=true", "--port=0")
        server = stack.enter_context(running_server(tmp_path / "server.log", *flags, "--rest_api_port=0"))
        gateway = stack.enter_context(running(server.target))
        beats = [each["features"] for each in tree.examples(1)]
        both = [f"http://{address}/v1/models/ecg" for address in (f"127.0.0.1:{gateway.port}", server.rest)]
        for path in ("", "/versions/1", "/labels/stable"):
            ours, theirs = (httpx.post(f"{url}{path}:predict", json={"instances": beats}).json() for url in both)
            for our, their in zip(ours["predictions"], theirs["predictions"], strict=True):
                assert our == their | {name: pytest.approx(their[name]) for name in ("probabilities", "probability")}
            content = {"inputs": {"features": beats}}
            ours, theirs = (httpx.post(f"{url}{path}:predict", json=content).json()["outputs"] for url in both)
            assert ours.keys() == theirs.keys()
            assert ours["predicted_class"] == theirs["predicted_class"]
            assert ours["probability"] == pytest.approx(theirs["probability"])
            assert httpx.get(f"{both[0]}{path}").json() == httpx.get(f"{both[1]}{path}").json()
        ours, theirs = (httpx.get(f"{url}/metadata").json() for url in both)
        assert ours["model_spec"] == theirs["model_spec"]
        assert httpx.post(f"{both[0]}/labels/none:predict", json=content).status_code == 404
