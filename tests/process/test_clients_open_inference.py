"""Triton's own client, over HTTP, against a real gateway."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException

from gateway.security.api_keys import make_key
from tests.support.gateway.gateway_process import Gateway, running
from tests.support.serving.fake_serving import FakeModel
from tests.support.tree import Tree

BEATS = np.linspace(-2, 2, 5 * 140, dtype="<f4").reshape(5, 140)
OUTPUTS = ("predicted_class", "probability", "probabilities")
COUNTED = "ecg_gateway_requests_total"


@pytest.fixture
def gateway(serving) -> Iterator[Gateway]:
    serving.models = {1: FakeModel(width=140), 2: FakeModel(width=140, labels=(-1, 4, 5))}
    with running(serving.target, max_body_bytes=2_000_000) as gateway:
        yield gateway


@pytest.fixture
def client(gateway: Gateway) -> Iterator[Any]:
    with closing(InferenceServerClient(f"127.0.0.1:{gateway.port}")) as client:
        yield client


def features(beats: NDArray[Any] = BEATS, binary: bool = True, datatype: str = "FP32") -> list[Any]:
    tensor = InferInput("features", list(beats.shape), datatype)
    tensor.set_data_from_numpy(beats, binary_data=binary)
    return [tensor]


def predicted(gateway: Gateway, version: str = "2") -> list[Any]:
    """The answer of the gateway's own API to the same beats."""
    content = {"instances": BEATS.tolist()}
    answer = gateway.ask("POST", "/predict?probabilities=true", content, X_Model_Version=version)
    rows: list[Any] = answer.json["predictions"]
    return rows


def assert_same(answer: Any, rows: list[Any]) -> None:
    assert answer.as_numpy("predicted_class").tolist() == [row["predicted_class"] for row in rows]
    assert answer.as_numpy("probability").tolist() == pytest.approx([row["probability"] for row in rows])
    wanted = [list(row["probabilities"].values()) for row in rows]
    assert answer.as_numpy("probabilities") == pytest.approx(np.array(wanted))


def test_it_finds_the_server_and_the_model(client):
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("ecg")
    assert client.is_model_ready("ecg", "1")
    assert not client.is_model_ready("ecg", "3")
    assert not client.is_model_ready("other")
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    metadata = client.get_model_metadata("ecg")
    assert (metadata["versions"], metadata["inputs"][0]["shape"]) == (["2", "1"], [-1, 140])
    assert client.get_model_metadata("ecg", "1")["outputs"][2]["shape"] == [-1, 2]


@pytest.mark.parametrize("binary", [True, False])
def test_it_predicts_as_the_gateways_own_api_does(client, gateway, binary):
    outputs = [InferRequestedOutput(name, binary_data=binary) for name in OUTPUTS]
    # by default this client wants all outputs as binary data
    for wanted in (None, outputs):
        answer = client.infer("ecg", features(binary=binary), outputs=wanted, request_id="7")
        assert_same(answer, predicted(gateway))
        assert (answer.get_response()["id"], answer.get_response()["model_version"]) == ("7", "2")
    assert_same(client.infer("ecg", features(), model_version="1"), predicted(gateway, "1"))


@pytest.mark.parametrize("datatype", ["FP64", "INT64"])
def test_other_numbers_come_as_json(client, datatype):
    whole = np.ones((2, 140), {"FP64": "f8", "INT64": "i8"}[datatype])
    assert client.infer("ecg", features(whole, False, datatype)).as_numpy("predicted_class").tolist() == [5, 5]
    with pytest.raises(InferenceServerException, match="'features' with 'binary_data_size' must be FP32"):
        client.infer("ecg", features(whole, True, datatype))


def test_requests_at_the_same_time(gateway):
    with closing(InferenceServerClient(f"127.0.0.1:{gateway.port}", concurrency=4)) as client:
        waiting = [client.async_infer("ecg", features()) for _ in range(20)]
        for each in waiting:
            assert_same(each.get_result(), predicted(gateway))


def test_compressed_requests(client, gateway):
    for binary in (True, False):
        answer = client.infer("ecg", features(binary=binary), request_compression_algorithm="gzip")
        assert_same(answer, predicted(gateway))
    with pytest.raises(InferenceServerException, match="The Content-Encoding 'deflate' is not supported; send 'gzip'"):
        client.infer("ecg", features(), request_compression_algorithm="deflate")


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_an_answer_need_not_be_compressed(client, gateway, algorithm):
    assert_same(client.infer("ecg", features(), response_compression_algorithm=algorithm), predicted(gateway))


def test_its_exceptions_have_the_message_and_the_status(client, gateway, serving):
    many = np.zeros((10_000, 140), "<f4")
    for error, status, asked in (
        ("the model takes 140", "400", lambda: client.infer("ecg", features(BEATS[:, :3].copy()))),
        (r"features\[1\]\[2\] is not a finite float32", "400", lambda: client.infer("ecg", features(unlike(np.nan)))),
        ("unknown key 'priority'", "400", lambda: client.infer("ecg", features(), priority=1)),
        (r"\?verbose= is not a param", "400", lambda: client.infer("ecg", features(), query_params={"verbose": 1})),
        ("'other' is not served here; the served model is 'ecg'", "404", lambda: client.infer("other", features())),
        ("No model server has version 9", "404", lambda: client.infer("ecg", features(), model_version="9")),
        ("This path does not exist", "404", client.get_model_repository_index),
        ("limit of 2000000 bytes", "413", lambda: client.infer("ecg", features(many))),
    ):
        with pytest.raises(InferenceServerException, match=error) as caught:
            asked()
        assert caught.value.status() == status
    serving.models.clear()
    assert client.is_server_live()
    assert not client.is_server_ready()
    assert not client.is_model_ready("ecg")


def unlike(value: float) -> NDArray[Any]:
    beats = BEATS.copy()
    beats[1, 2] = value
    return beats


def test_it_sends_a_key_and_is_counted(serving, tmp_path):
    key, line = make_key("ward")
    (tmp_path / "keys").write_text(line)
    with (
        running(serving.target, api_keys_file=tmp_path / "keys") as gateway,
        closing(InferenceServerClient(f"127.0.0.1:{gateway.port}")) as client,
    ):
        assert client.is_server_ready()
        with pytest.raises(InferenceServerException, match="API key"):
            client.infer("ecg", features())
        headers = {"Authorization": f"Bearer {key}", "X-Client-ID": "a"}
        assert len(client.infer("ecg", features(), headers=headers).as_numpy("probability")) == 5
        path = "/v2/models/<name>/infer"
        assert gateway.total(COUNTED, path=path, status="200", version="1") == 1
        assert gateway.total(COUNTED, path=path, status="401") == 1


def test_a_trained_model_behind_a_model_server(tree: Tree):
    examples = tree.examples(1)
    beats = np.array([each["features"] for each in examples], "<f4")
    with closing(InferenceServerClient(f"127.0.0.1:{tree.gateway.port}")) as client:
        assert client.get_model_metadata("ecg")["inputs"][0]["shape"] == [-1, 12]
        for binary in (True, False):
            answer = client.infer("ecg", features(beats, binary))
            assert answer.as_numpy("predicted_class").tolist() == [each["predicted_class"] for each in examples]
            assert answer.as_numpy("probability") == pytest.approx([each["probability"] for each in examples], abs=1e-5)
