"""Whatever comes over gRPC or REST: no INTERNAL, no 500, no crash, bounded memory, and right answers afterwards."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from struct import pack
from typing import Any

import grpc
import psutil
import pytest
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from tensorflow.core.framework.resource_handle_pb2 import ResourceHandleProto
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest
from tensorflow_serving.apis.model_pb2 import ModelSpec
from tensorflow_serving.apis.predict_pb2 import PredictRequest

from tests.fuzz.conftest import BRIEF, PATIENCE, Fuzz, memory, send, statuses
from tests.fuzz.requests import Raw, bodies, heads, requests
from tests.golden.kit import Client, array, floats, spec
from tests.golden.process import ServerProcess, running

FEATURES = 12
GROWN = 300e6  # bytes that may be held more at the end than at the beginning
FORBIDDEN = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DATA_LOSS}
PREDICT = "/tensorflow.serving.PredictionService/Predict"
METHODS = (
    PREDICT,
    "/tensorflow.serving.PredictionService/GetModelMetadata",
    "/tensorflow.serving.ModelService/GetModelStatus",
)
OTHER_METHODS = (
    "/tensorflow.serving.PredictionService/Classify",
    "/x/y",
    "/tensorflow.serving.ModelService/X",
    "/grpc.health.v1.Health/Check",
)
INT32 = st.integers(-(2**31), 2**31 - 1)
SIZES = st.sampled_from([0, 1, 2, FEATURES, FEATURES, 3, -1, 2**20, 2**31, 2**40, 2**62, 2**63 - 1, -(2**63)])
SHORT = 2 * FEATURES


def resource(dtype: int, size: int) -> ResourceHandleProto:
    handle = ResourceHandleProto(device="x")
    handle.dtypes_and_shapes.add(dtype=dtype).shape.dim.add(size=size)
    return handle


VALUES: dict[str, SearchStrategy[list[Any]]] = {
    "float_val": st.lists(st.floats(width=32), max_size=SHORT),
    "double_val": st.lists(st.floats(), max_size=SHORT),
    "int_val": st.lists(INT32, max_size=SHORT),
    "int64_val": st.lists(st.integers(-(2**63), 2**63 - 1), max_size=SHORT),
    "uint32_val": st.lists(st.integers(0, 2**32 - 1), max_size=SHORT),
    "uint64_val": st.lists(st.integers(0, 2**64 - 1), max_size=SHORT),
    "bool_val": st.lists(st.booleans(), max_size=SHORT),
    "string_val": st.lists(st.binary(max_size=8), max_size=SHORT),
    "half_val": st.lists(INT32, max_size=SHORT),
    "scomplex_val": st.lists(st.floats(width=32), max_size=SHORT),
    "dcomplex_val": st.lists(st.floats(), max_size=SHORT),
    "resource_handle_val": st.lists(st.builds(resource, INT32, st.integers(-(2**63), 2**63 - 1)), max_size=2),
}
ALIASES = st.sampled_from(["features"] * 8 + ["x", ""])
SIGNATURES = st.sampled_from(["", "", "", "serving_default", "details", "explain", "metadata"]) | st.text(max_size=5)


@st.composite
def tensors(draw: st.DrawFn) -> TensorProto:
    """A tensor that may fit, or may be malformed."""
    usual = draw(st.integers(0, 3)) > 0
    proto = TensorProto(dtype=1 if usual else draw(st.integers(0, 30) | st.sampled_from([101, 2**31 - 1, -1])))
    sizes = (
        [draw(st.integers(0, 3)), FEATURES]
        if usual
        else draw(st.lists(SIZES, max_size=4) | st.lists(st.just(1), max_size=300))
    )
    for size in sizes:
        proto.tensor_shape.dim.add(size=size)
    proto.tensor_shape.unknown_rank = draw(st.integers(0, 20)) == 0
    for name in draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=2)):
        getattr(proto, name).extend(draw(VALUES[name]))
    if draw(st.booleans()):
        content = pack(f"<{FEATURES}f", *draw(st.lists(st.floats(width=32), min_size=FEATURES, max_size=FEATURES)))
        proto.tensor_content = draw(st.just(content * sizes[0]) if usual else st.binary(max_size=64))
    return proto


@st.composite
def specs(draw: st.DrawFn) -> ModelSpec:
    result = ModelSpec(name=draw(st.sampled_from(["ecg"] * 15 + ["", "x"])))
    result.signature_name = draw(SIGNATURES)
    version = draw(st.integers(0, 15))
    if version == 0:
        result.version.value = draw(st.integers(-(2**63), 2**63 - 1))
    elif version == 1:
        result.version_label = draw(st.text(max_size=5))
    return result


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """A request's bytes, and sometimes not quite."""
    request = PredictRequest(
        output_filter=draw(st.just([]) | st.lists(st.sampled_from(["probability", "x"]), max_size=2))
    )
    if draw(st.integers(0, 9)):
        request.model_spec.CopyFrom(draw(specs()))
    for alias in draw(st.just(["features"]) | st.just(["features"]) | st.lists(ALIASES, max_size=2)):
        request.inputs[alias].CopyFrom(draw(tensors()))
    fields = draw(st.lists(st.sampled_from(["signature_def", "x"]), max_size=2))
    metadata = GetModelMetadataRequest(model_spec=request.model_spec, metadata_field=fields)
    status = GetModelStatusRequest(model_spec=request.model_spec)
    content = bytearray(draw(st.sampled_from([request, request, request, metadata, status])).SerializeToString())
    for place, bits in draw(
        st.just([]) | st.just([]) | st.lists(st.tuples(st.integers(0, 500), st.integers(1, 255)), max_size=4)
    ):
        if content:
            content[place % len(content)] ^= bits
    return bytes(content)


CALLS = st.tuples(
    st.sampled_from((PREDICT,) * 12 + METHODS + OTHER_METHODS[:1])
    | st.sampled_from((PREDICT,) * 12 + METHODS + OTHER_METHODS),
    messages() | messages() | messages() | messages() | messages() | st.binary(max_size=200),
    st.sampled_from([PATIENCE] * 9 + [0.001]),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, trained: Path) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("fuzz")
    flags = ("--model_name=ecg", f"--model_base_path={trained}", "--port=0", "--rest_api_port=0")
    more = ("--enable_grpc_healthcheck_service", "--rest_api_timeout_in_ms=20000")
    with running(folder / "server.log", *flags, *more) as server:
        server.says("available")
        yield server


@pytest.fixture
def steady(server: ServerProcess) -> Iterator[ServerProcess]:
    """The server; answers, memory and log are checked after the test."""

    client, beat = Client(server.target), floats(*range(FEATURES), shape=(1, FEATURES))

    def right() -> list[float]:
        found: list[float] = array(client.predict(spec("ecg"), {"features": beat}), "probability").tolist()
        return found

    answer, process = right(), psutil.Process(server.process.pid)
    before, logged = memory([process]), len(server.lines())
    yield server
    assert right() == answer
    assert memory([process]) - before < GROWN
    assert [line for line in server.lines()[logged:] if "traceback" in line or line["level"] == "ERROR"] == []


def test_no_call_breaks_the_model_server(steady: ServerProcess, fuzz: Fuzz):
    seen = Counter[str]()
    with grpc.insecure_channel(steady.target) as channel:

        def attempt(call: tuple[str, bytes, float]) -> None:
            method, content, seconds = call
            ask: Any = channel.unary_unary(method)  # without a serializer it takes bytes, which its types do not say
            call_made = ask.future(content, timeout=seconds)
            code = call_made.code()  # waits
            assert code not in FORBIDDEN, call_made
            assert code is not grpc.StatusCode.DEADLINE_EXCEEDED or seconds < PATIENCE
            seen[code.name] += 1

        tried = fuzz(CALLS, attempt)
    print(f"{tried} calls were answered {dict(seen)}")
    assert {"OK", "INVALID_ARGUMENT"} <= set(seen)


def test_no_request_over_rest_breaks_it_either(steady: ServerProcess, fuzz: Fuzz):
    host, _, port = steady.rest.rpartition(":")
    seen = Counter[int]()

    def attempt(raw: Raw) -> None:
        answer = send((host, int(port)), raw.content, PATIENCE if raw.answers else BRIEF)
        assert not {500, 502, 503} & set(statuses(answer)), answer
        seen.update(statuses(answer))

    predict = "/v1/models/ecg:predict"
    paths: tuple[str, ...] = (
        predict,
        predict,
        predict,
        "/v1/models/ecg",
        "/v1/models/ecg/metadata",
        "/v1/models/ecg/versions/1:predict",
    )
    paths += ("/v1/models/ecg/versions/9" * 30, "/v1/models/ecg/labels/x", "/v1/models/ecg:classify", "/monitoring")
    head = heads(("POST", "POST", "GET", "PUT"), paths, ("Expect", "Transfer-Encoding", "Content-Length", "Connection"))
    tried = fuzz(requests(head, bodies(("instances", "instances", "inputs", "signature_name"), FEATURES)), attempt)
    print(f"{tried} requests were answered {dict(seen)}")
    assert {200, 400} <= set(seen)


def test_its_log_has_no_value_and_no_name(steady: ServerProcess):
    client, name, value = Client(steady.target), "Meier-Anna-1956", 0.7193519
    host, _, port = steady.rest.rpartition(":")
    fits = floats(*[value] * FEATURES, shape=(1, FEATURES))
    wrong = {
        "misnamed": {name: fits},
        "another width": {"features": floats(*[value] * 3, shape=(1, 3))},
        "text": {"features": TensorProto(dtype=7, string_val=[name.encode()])},
        "too few": {"features": floats(value, shape=(2**30, FEATURES))},
    }
    for signature in ("", "details", "explain", "metadata", name):
        for inputs in ({"features": fits}, *wrong.values()):
            with suppress(grpc.RpcError):
                client.predict(spec("ecg", signature=signature), inputs)
    for content in (f'{{"instances": [[{value}], "{name}"]}}', f'{{"instances": [{value}', f'{{"{name}": {value}}}'):
        head = f"POST /v1/models/ecg:predict?{name} HTTP/1.1\r\nContent-Length: {len(content)}\r\n\r\n"
        assert statuses(send((host, int(port)), (head + content).encode(), PATIENCE)) == [400]
    log = steady.log.read_text()
    assert "gRPC listening" in log
    assert name not in log
    assert f"{value:.5f}"[:-1] not in log
