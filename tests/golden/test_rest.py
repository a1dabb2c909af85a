"""REST: status, metadata, Predict by row and by column, errors, and Prometheus metrics."""

import gzip
import json
import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.golden.kit import FEATURES, export_echo_of

IN_GZIP = {"Content-Encoding": "gzip"}


def call(url: str, body: object = None, method: str | None = None, **headers: str) -> tuple[int, str]:
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.fixture
def predict(rest, served):
    """Posts a body to the model's :predict, by version and signature too."""

    def post(body: object, path: str = "") -> tuple[int, object]:
        status, text = call(f"{rest}/v1/models/{served.name}{path}:predict", body)
        return status, json.loads(text)

    return post


@pytest.fixture
def echo(rest, target, folder):
    """Posts a body to a separate model that returns its input tensor."""

    def post(dtype: str, body: object) -> tuple[int, str]:
        version = Path(folder.base_path, "1")
        if not version.exists():
            export_echo_of(version, dtype)
            target.serve(folder)
        return call(f"{rest}/v1/models/{folder.name}:predict", body)

    return post


STATUS = """{
 "model_version_status": [
  {
   "version": "1",
   "state": "AVAILABLE",
   "status": {
    "error_code": "OK",
    "error_message": ""
   }
  }
 ]
}
"""


def test_status(rest, served):
    assert call(f"{rest}/v1/models/{served.name}") == (200, STATUS)


def test_metadata(rest, served):
    status, text = call(f"{rest}/v1/models/{served.name}/versions/1/metadata")
    assert status == 200
    assert text.startswith('{\n"model_spec":{\n ')
    assert '\n}\n,\n"metadata": {"signature_def": {\n "signature_def": {\n  "' in text
    assert text.endswith("\n }\n}\n}\n}\n")
    document = json.loads(text)
    assert document["model_spec"] == {"name": served.name, "signature_name": "", "version": "1"}
    features = document["metadata"]["signature_def"]["signature_def"]["serving_default"]["inputs"]["features"]
    assert features["dtype"] == "DT_FLOAT"
    assert [dim["size"] for dim in features["tensor_shape"]["dim"]] == ["-1", str(FEATURES)]


def test_rows(predict):
    status, document = predict({"instances": [[0, 0, 0, 0], [1, 2, 3, 4.5]]})
    assert status == 200
    first, second = document["predictions"]
    assert first == {"probabilities": [0.5, 0.5], "predicted_class": 0, "probability": 0.5}
    assert second["predicted_class"] == 1


def test_rows_by_name(predict):
    assert predict({"instances": [{"features": [0, 0, 0, 0]}]}, "/versions/1")[1]["predictions"]


def test_columns(predict):
    status, document = predict({"inputs": {"features": [[0, 0, 0, 0]]}})
    assert status == 200
    assert document == {"outputs": {"probabilities": [[0.5, 0.5]], "predicted_class": [0], "probability": [0.5]}}


ROWS = """{
    "predictions": [[1.0, 2.5], [0.1, 1e-09]
    ]
}"""
COLUMNS = """{
    "outputs": [
        [
            1.0,
            2.5
        ]
    ]
}"""


@pytest.mark.parametrize(
    ("body", "text"),
    [({"instances": [[1, 2.5], [0.1, 1e-9]]}, ROWS), ({"inputs": [[1, 2.5]]}, COLUMNS)],
    ids=["rows", "columns"],
)
def test_an_answer_of_one_output_is_laid_out_so(echo, body, text):
    assert echo("float32", body) == (200, text)


def test_an_answer_of_more_outputs_has_a_line_for_each(rest, served):
    status, text = call(f"{rest}/v1/models/{served.name}:predict", {"instances": [[0, 0, 0, 0]]})
    assert status == 200
    lines = text.splitlines()
    assert (lines[:3], lines[-3:]) == (["{", '    "predictions": [', "        {"], ["        }", "    ]", "}"])
    assert {line.removesuffix(",") for line in lines[3:-3]} == {
        '            "probabilities": [0.5, 0.5]',
        '            "predicted_class": 0',
        '            "probability": 0.5',
    }


def test_numbers_beyond_a_float_become_the_nearest_one(echo):
    status, text = echo("float32", b'{"inputs": [1e39, -1e39, 16777217, NaN, -NaN, Inf, -Inf, Infinity, -Infinity]}')
    assert status == 200
    far = ["Infinity", "-Infinity"]
    assert text.replace(",", "").split()[3:-2] == [*far, "16777216.0", "NaN", "NaN", *far, *far]


def test_small_integers_wrap_around_and_larger_ones_are_mistyped(echo):
    status, text = echo("int8", {"inputs": [200, -129]})
    assert (status, json.loads(text)) == (200, {"outputs": [-56, 127]})
    status, text = echo("int8", {"inputs": [2**31]})
    error = "JSON Value: 2147483648 Type: Number is not of expected type: int8"
    assert (status, json.loads(text)) == (400, {"error": error})


@pytest.mark.parametrize(
    "body",
    [
        b'{"inputs": [1]} and more',
        b'{"inputs": [1], "inputs": [2]}',
        b'{"inputs": {"x": [1], "x": [2]}, "inputs": [3]}',
    ],
    ids=["after", "twice", "twice-inside"],
)
def test_the_first_of_several_values_counts(echo, body):
    status, text = echo("int32", body)
    assert (status, json.loads(text)) == (200, {"outputs": [1]})


@pytest.mark.parametrize("dtype", ["uint16", "float16", "complex64"])
def test_a_dtype_that_json_has_no_values_of_is_unimplemented(echo, dtype):
    name = {"float16": "half"}.get(dtype, dtype)
    status, text = echo(dtype, {"inputs": [1]})
    assert (status, json.loads(text)["error"]) == (501, f"Conversion of JSON Value: 1 to type: {name}")


def test_text_and_bytes_are_read_and_written(echo):
    status, text = echo("string", {"instances": [{"b64": "w6k="}, '\u00e9\n"']})
    assert (status, text) == (200, '{\n    "predictions": ["\u00e9", "\u00e9\\n\\""\n    ]\n}')


@pytest.mark.parametrize("body", [rb'{"inputs": "\ud800"}', rb'{"inputs": "\ud800\ud800"}'])
def test_half_a_surrogate_pair_is_invalid_text(echo, body):
    status, text = echo("string", body)
    error = "JSON Parse error: The surrogate pair in string is invalid. at offset: "
    assert (status, json.loads(text)["error"][: len(error)]) == (400, error)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "JSON Parse error: The document is empty"),
        (b" ", "JSON Parse error: The document is empty. at offset: 1"),
        (b"{", "JSON Parse error: Missing a name for object member. at offset: 1"),
        (b'{"instances": [nope]}', "JSON Parse error: Invalid value. at offset: 16"),
        (b'{"instances": [1e400]}', "JSON Parse error: Number too big to be stored in double. at offset: 15"),
        (b"[]", "JSON Value: [] Is not object"),
        ({}, "Missing 'inputs' or 'instances' key"),
        ({"instances": [["x", 0, 0, 0]]}, 'JSON Value: "x" Type: String is not of expected type: float'),
        (
            {"instances": [[0, 0, 0, 0], [0]]},
            "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: "
            "Expecting tensor size: 4 but got: 1",
        ),
        ({"inputs": [[0, 0, 0, 0], [0]]}, "Encountered list at unexpected size: 1 at level: 1 expected size: 4"),
        ({"inputs": {"other": [[0]]}}, "Missing named input: features in 'inputs' object."),
        ({"signature_name": "foo", "inputs": 1}, 'Serving signature name: "foo" not found in signature def'),
    ],
    ids=[
        "empty",
        "blank",
        "cut",
        "comma",
        "too-big",
        "list",
        "no-key",
        "type",
        "ragged-rows",
        "ragged-columns",
        "name",
        "signature",
    ],
)
def test_bad_bodies_are_400(predict, body, message):
    status, document = predict(body)
    assert status == 400
    assert message in document["error"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"instances": []}, "No values in 'instances' array"),
        ({"instances": 1}, "Excepting 'instances' to be an list/array"),
        (
            {"instances": [1], "inputs": [1]},
            "Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist ",
        ),
        ({"signature_name": 1}, "not formatted correctly. 'signature_name' key must be a string value."),
    ],
    ids=["no-values", "no-list", "both", "signature"],
)
def test_a_malformed_document_is_quoted_in_the_error(predict, body, reason):
    status, document = predict(body)
    assert status == 400
    assert re.fullmatch(rf"JSON Value: {{.*}} {re.escape(reason)}", document["error"], re.DOTALL)


@pytest.mark.usefixtures("differs_from_tfs")
def test_lists_in_lists_do_not_end_the_server(predict):
    deep = b'{"instances": ' + b"[" * 50_000 + b"1" + b"]" * 50_000 + b"}"
    assert predict(deep)[0] == 400
    assert predict({"instances": [[0, 0, 0, 0]]})[0] == 200


def test_a_body_in_gzip_is_unpacked(rest, served):
    url, body = f"{rest}/v1/models/{served.name}:predict", json.dumps({"instances": [[0, 0, 0, 0]]}).encode()
    packed = gzip.compress(body)
    assert call(url, packed, **IN_GZIP) == call(url, body)
    assert call(url, packed[:20], **IN_GZIP)[0] == 400


@pytest.mark.parametrize(
    ("path", "body", "status", "error"),
    [
        ("/v1/models", None, 400, "Missing model name in request."),
        ("/v1/foo", None, 400, "Malformed request: GET /v1/foo"),
        ("/v1/foo", {}, 400, "Malformed request: POST /v1/foo"),
        ("/v1/models/x:PREDICT", {"instances": [1]}, 400, "Malformed request: POST /v1/models/x:PREDICT"),
        ("/v1/models/x:predict?y", {"instances": [1]}, 400, "Malformed request: POST /v1/models/x:predict?y"),
        ("/v1/models/x:predict", b"{", 400, "JSON Parse error: Missing a name for object member. at offset: 1"),
        ("/v1/models/nobody", None, 404, "Could not find any versions of model nobody"),
        ("/v1/models/nobody/versions/2", None, 404, "Could not find version 2 of model nobody"),
        ("/v1/models/nobody/metadata", None, 404, "Servable not found for request: Latest(nobody)"),
        (
            "/v1/models/nobody/versions/2:predict",
            {"instances": [1]},
            404,
            "Servable not found for request: Specific(nobody, 2)",
        ),
        ("/v1/models/no%62od%79/metadata", None, 404, "Servable not found for request: Latest(nobody)"),
        ("/v1/models/a%2Fb/metadata", None, 404, "Servable not found for request: Latest(a/b)"),
        (
            "/v1/models/nobody/labels/a%20b:predict",
            {"instances": [1]},
            400,
            "Unrecognized servable version label: a b",
        ),
    ],
)
def test_other_paths_are_errors_in_json(rest, path, body, status, error):
    answered, text = call(rest + path, body)
    assert (answered, json.loads(text)) == (status, {"error": error})


@pytest.mark.parametrize("path", ["", "/metadata", ":predict"])
@pytest.mark.parametrize("version", ["9223372036854775808", "9" * 5000], ids=["int64", "long"])
def test_a_version_that_is_too_long_gets_an_empty_400(rest, path, version):
    body = {"instances": [1]} if path == ":predict" else None
    assert call(f"{rest}/v1/models/x/versions/{version}{path}", body) == (400, "")


def test_a_version_number_may_have_any_notation(rest, served):
    assert call(f"{rest}/v1/models/{served.name}/versions/{1:030}")[0] == 200


def test_an_unknown_version_is_not_found(rest, served):
    status, text = call(f"{rest}/v1/models/{served.name}/versions/987654")
    assert (status, json.loads(text)) == (404, {"error": f"Could not find version 987654 of model {served.name}"})


@pytest.mark.parametrize("path", ["/", "//v1/models/x", "/v2"])
def test_outside_the_api_is_not_found(rest, path):
    assert call(rest + path)[0] == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_other_methods_are_malformed_requests(rest, method):
    status, text = call(f"{rest}/v1/models/x:predict", method=method)
    assert status == 400
    assert method == "HEAD" or json.loads(text) == {"error": f"Malformed request: {method} /v1/models/x:predict"}


def test_paths_match_in_any_case(rest, served):
    assert call(f"{rest}/V1/MODELS/{served.name}")[0] == 200


def test_metrics_count_requests_by_model_and_status(rest, served, predict):
    predict({"instances": [[0, 0, 0, 0]]})
    for body in ({"instances": [[0]]}, b"{"):
        predict(body)
    for path in ("", "/metadata", "/versions/1"):
        call(f"{rest}/v1/models/{served.name}{path}")
    call(f"{rest}/v1/models/{served.name}/versions/2")
    predict({"instances": [[0, 0, 0, 0]]}, "/versions/2")
    status, text = call(f"{rest}/monitoring/prometheus/metrics")
    assert status == 200
    count = f':tensorflow:serving:request_count{{model_name="{served.name}",status='
    assert f'{count}"OK"}} 4\n' in text
    assert f'{count}"INVALID_ARGUMENT"}} 2\n' in text
    assert f'{count}"NOT_FOUND"}} 2\n' in text
    labels = f'model_name="{served.name}",API="predict",entrypoint="REST"'
    assert f':tensorflow:serving:request_latency_bucket{{{labels},le="+Inf"}} 1\n' in text
    assert f':tensorflow:serving:request_latency_bucket{{{labels},le="10"}} 0\n' in text
