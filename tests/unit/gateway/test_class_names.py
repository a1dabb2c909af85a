"""Class names, if the served model's description has them, in addition to the class label."""

import json
from typing import Any

import pytest

from tests.support.serving.fake_serving import FakeModel

NAMES = {"-1": "normal", "1": "ventrikulär", "5": "paced"}
LABELS = (-1, 1)
BEAT = {"features": [0.5, 1, -2]}
BATCH = {"instances": [[0.5, 0, 0], [-9, 0, 0]]}
NAMED = ["/predict?probabilities=true", "/predict?details=true", "/explain"]


@pytest.fixture
def model(serving) -> FakeModel:
    model = FakeModel(labels=LABELS, description={"class_names": NAMES})
    serving.models = {1: model}
    return model


@pytest.fixture
def unnamed(serving) -> FakeModel:
    model = FakeModel(labels=LABELS)
    serving.models = {1: model}
    return model


@pytest.mark.parametrize("path", NAMED)
def test_answers_with_details_have_the_name_beside_the_label(client, model, path):
    one = client.post(path, json=BEAT).json
    assert (one["predicted_class"], one["class_name"]) == (1, "ventrikulär")
    (rows,) = client.post(path, json=BATCH).json.values()
    assert [(row["predicted_class"], row["class_name"]) for row in rows] == [(1, "ventrikulär"), (-1, "normal")]


def test_the_plain_answer_keeps_its_two_keys(client, model):
    assert set(client.post("/predict", json=BEAT).json) == {"predicted_class", "probability"}


def test_model_returns_the_class_names(client, model):
    assert client.get("/model").json["class_names"] == {"-1": "normal", "1": "ventrikulär"}


@pytest.mark.parametrize("path", NAMED)
def test_without_class_names_the_key_is_absent(client, unnamed, path):
    assert "class_name" not in client.post(path, json=BEAT).json
    assert client.get("/model").json["class_names"] is None


@pytest.mark.parametrize("names", [None, [], ["normal"], {"-1": None, "1": 7}, {"2": "x"}, {"1": ""}, "normal"])
def test_names_that_are_malformed_are_left_out(client, model, names):
    model.description["class_names"] = names
    for path in NAMED:
        answer = client.post(path, json=BEAT)
        assert (answer.status_code, "class_name" in answer.json) == (200, False)
    assert client.get("/model").json["class_names"] is None


def test_a_class_without_a_name_has_none(client, model):
    model.description["class_names"] = {"-1": "normal"}
    (rows,) = client.post("/predict?details=true", json=BATCH).json.values()
    assert [row.get("class_name") for row in rows] == [None, "normal"]
    assert client.get("/model").json["class_names"] == {"-1": "normal"}


def test_names_are_those_of_the_version_that_answers(pods):
    for version, name in ((1, "one"), (2, "two")):
        for serving in pods.serving.values():
            if version in serving.models:
                serving.models = {version: FakeModel(description={"class_names": {"0": name, "1": name}})}
    for path in NAMED:
        for version, name in ((1, "one"), (2, "two")):
            asked = pods.client.post(path, json=BEAT, headers={"X-Model-Version": str(version)})
            assert asked.json["class_name"] == name


def test_the_document_describes_them(client, model):
    schemas: Any = client.get("/openapi.json").json["components"]["schemas"]
    for name in ("Prediction", "Details", "Explanation"):
        assert schemas[name]["properties"]["class_name"]["type"] == "string"
        assert "class_name" not in schemas[name]["required"]
    assert "ventrikulär" not in json.dumps(schemas), "names are data of a version"
