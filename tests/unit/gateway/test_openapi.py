"""The document at /openapi.json, for the served model. tests/process compares a real gateway with it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from gateway.api.openapi import ERRORS
from gateway.errors import GatewayError
from gateway.http.error_responses import STATUS
from gateway.model import LARGEST
from gateway.routes import ROUTES
from tests.support.gateway.gateway_client import Client
from tests.support.gateway.gateway_errors import assert_error
from tests.support.serving.fake_serving import FakeModel

PATHS = {"/predict", "/explain", "/model", "/examples", "/ready", "/health", "/metrics", "/openapi.json"}
BEAT = {"features": [0.5, 1, -2]}


def schema(client: Client, name: str) -> Any:
    document: Any = client.get("/openapi.json").json
    return document["components"]["schemas"][name]


def references(part: Any) -> Iterator[str]:
    """Every $ref in a part of the document."""
    if isinstance(part, dict):
        yield from [part["$ref"]] if "$ref" in part else []
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else []:
        yield from references(inner)


@pytest.mark.parametrize("served", [True, False])
def test_every_path_and_every_reference_exists(client, serving, served):
    serving.models = {1: FakeModel()} if served else {}
    document = client.get("/openapi.json").json
    assert (document["openapi"], set(document["paths"])) == ("3.1.0", PATHS)
    components = {f"#/components/{kind}/{name}" for kind, named in document["components"].items() for name in named}
    assert set(references(document)) == components, "one leads nowhere, or a component is there in vain"


def test_every_path_but_the_pages_is_described_and_answered(client):
    assert {route.path for route in ROUTES if (route.kind, route.api) == ("api", "gateway")} == PATHS
    for path, operations in client.get("/openapi.json").json["paths"].items():
        (method,) = (name.upper() for name in operations)
        assert client.open(path, method, json=BEAT if method == "POST" else None).status_code == 200


def test_lengths_names_and_classes_are_those_of_the_served_version(client, serving):
    assert schema(client, "Probabilities")["propertyNames"] == {"enum": ["0", "1"]}
    serving.models[2] = FakeModel(width=2, names=("a", "b"), labels=(-1, 4, 5))
    answer = client.get("/openapi.json")
    assert (answer.headers["X-Model-Version"], answer.json["info"]["version"]) == ("2", "1"), "the API's own"
    assert "version 2 of the model" in answer.json["info"]["description"]
    schemas = answer.json["components"]["schemas"]
    assert (schemas["Probabilities"]["propertyNames"], schemas["Probabilities"]["minProperties"]) == (
        {"enum": ["-1", "4", "5"]},
        3,
    )
    count = schemas["Model"]["properties"]["features"]["properties"]["count"]
    assert (count["minimum"], count["maximum"]) == (2, 2)
    for beat in (schemas["Values"], schemas["Explanation"]["properties"]["attributions"]):
        assert (beat["minItems"], beat["maxItems"]) == (2, 2)
    assert (schemas["NamedValues"]["required"], schemas["NamedValues"]["maxProperties"]) == (["a", "b"], 2)


def test_a_model_without_feature_names_takes_lists(client, serving):
    serving.models[1] = FakeModel(tells=False)
    assert schema(client, "Beat") == {"anyOf": [{"$ref": "#/components/schemas/Values"}]}


@pytest.mark.parametrize("tells", [True, False])
def test_a_class_is_any_integer_as_labels_may_change_with_the_version(client, serving, tells):
    serving.models[1] = FakeModel(tells=tells)
    described = schema(client, "Class")
    assert (described.pop("type"), set(described)) == ("integer", {"description"})


def test_answers_with_details_come_before_plain_ones(client):
    answer = client.get("/openapi.json").json["paths"]["/predict"]["post"]["responses"]["200"]
    names = [each["$ref"].rpartition("/")[2] for each in answer["content"]["application/json"]["schema"]["anyOf"]]
    assert names == ["Details", "Prediction", "DetailedPredictions", "Predictions"]


def test_float32_bytes_are_a_binary_body(client):
    for path in ("/predict", "/explain"):
        content = client.get("/openapi.json").json["paths"][path]["post"]["requestBody"]["content"]
        described = content["application/octet-stream"]["schema"]
        assert (described["type"], described["format"]) == ("string", "binary")


def test_without_a_model_lengths_are_open(client, serving):
    serving.models = {}
    answer = client.get("/openapi.json")
    assert (answer.status_code, answer.json["info"]["version"]) == (200, "1")
    assert answer.json["info"]["description"].startswith("No model version is served")
    assert "maxItems" not in answer.json["components"]["schemas"]["Values"]
    serving.stop()
    assert client.get("/openapi.json").status_code == 200


def test_limits_are_those_of_the_settings(client):
    batches = [schema(client, name)["properties"] for name in ("Batch", "ExplainBatch")]
    assert [batch["instances"]["maxItems"] for batch in batches] == [5, 64]


def test_the_largest_number_is_accepted_and_a_larger_one_is_not(client):
    assert schema(client, "Number")["maximum"] == LARGEST
    assert client.post("/predict", json={"features": [LARGEST, -LARGEST, 0]}).status_code == 200
    assert_error(client.post("/predict", json={"features": [LARGEST * 1.0001, 0, 0]}), 400, "invalid_request", index=0)


def test_examples_are_the_models_beats_and_its_answers(client, serving):
    serving.models[1] = FakeModel().described()
    predict = client.get("/openapi.json").json["paths"]["/predict"]["post"]
    asked = predict["requestBody"]["content"]["application/json"]["examples"]
    answered = predict["responses"]["200"]["content"]["application/json"]["examples"]
    assert list(asked) == list(answered) == ["class 0", "class 1"]
    for name in asked:
        assert client.post("/predict", json=asked[name]["value"]).json == pytest.approx(answered[name]["value"])


def test_keys_are_described_only_if_there_is_a_key_file(client, settings, another_client, serving, tmp_path):
    serving.models[1] = FakeModel().described()
    open_to_all = client.get("/openapi.json").json
    assert "securitySchemes" not in open_to_all["components"]
    (tmp_path / "keys").touch()
    guarded = another_client(replace(settings, api_keys_file=str(tmp_path / "keys"))).get("/openapi.json").json
    assert set(guarded["components"]["securitySchemes"]) == {"bearer", "key"}
    assert '"examples"' not in json.dumps(guarded["paths"]["/predict"]), "whoever has no key sees no beats"
    assert '"examples"' in json.dumps(open_to_all["paths"]["/predict"])
    for path, operations in guarded["paths"].items():
        for operation in operations.values():
            asks = path in ("/predict", "/explain", "/model", "/examples")
            assert ("security" in operation) == ("401" in operation["responses"]) == asks
            assert "security" not in open_to_all["paths"][path][next(iter(operations))]


def test_every_status_of_an_error_is_described():
    def kinds(kind: type[GatewayError]) -> list[type[GatewayError]]:
        return [kind, *(below for each in kind.__subclasses__() for below in kinds(each))]

    statuses = {STATUS[next(each for each in kind.__mro__ if each in STATUS)] for kind in kinds(GatewayError)[1:]}
    # of 405 there is nothing to say: the document has only methods that are taken
    assert (statuses - {405}) | {500} == set(ERRORS)
