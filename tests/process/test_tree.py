"""All three components in one process tree: clients get the trained model's answers, whatever is killed."""

import csv
from pathlib import Path

import numpy as np
import pytest

from tests.support.gateway.gateway_errors import assert_error


def test_a_client_gets_the_trained_networks_answer(tree):
    examples = tree.examples(1)
    for example in examples:
        answer = tree.gateway.ask("POST", "/predict", {"features": example["features"]})
        assert answer.headers["X-Model-Version"] == "1"
        assert answer.json == {
            "predicted_class": example["predicted_class"],
            "probability": pytest.approx(example["probability"], abs=1e-6),
        }
    batch = tree.gateway.ask("POST", "/predict", {"instances": [example["features"] for example in examples]})
    assert [each["predicted_class"] for each in batch.json["predictions"]] == [
        example["predicted_class"] for example in examples
    ]
    model = tree.gateway.ask("GET", "/model").json
    assert (model["version"], model["classes"], model["features"]["count"]) == (1, [0, 1], 12)
    assert model["metrics"]["rows"] == 16


def test_a_new_version_takes_over_without_a_failed_request(tree):
    with tree.asked_all_the_time(1) as load:
        load.wait_for(200, version=1)
        assert tree.train() == 2
        load.wait_for(200, version=2)
    assert set(load.statuses) == {200}
    assert {answer.headers["X-Model-Version"] for answer in load.answers} == {"1", "2"}


def test_the_gateway_follows_a_version_of_another_shape(tree):
    first = tree.examples(1)[0]["features"]
    version = tree.train(length=20, labels=(3, 5, 8))
    with tree.asked_all_the_time(version) as load:
        load.wait_for(200, version)
    assert set(load.statuses) <= {200, 400}  # 400 until the model server has loaded it
    refused = tree.gateway.ask("POST", "/predict", {"features": first})
    assert_error(refused, 400, "invalid_request", saying="20")
    assert tree.gateway.ask("GET", "/model").json["classes"] == [3, 5, 8]


def test_a_killed_model_server_costs_503s_and_nothing_else(tree):
    with tree.asked_all_the_time(1) as load:
        load.wait_for(200, version=1)
        tree.server.process.kill()
        tree.server.process.wait()
        load.wait_for(503)
        assert tree.gateway.ask("GET", "/health").status_code == 200
        assert_error(tree.gateway.ask("GET", "/ready"), 503, "model_not_ready")
        tree.serve()
        load.wait_for_nothing_but(200)
    assert set(load.statuses) == {200, 503}


def test_the_texts_of_the_labels_are_the_class_names_of_the_answers(tree):
    data = Path(__file__).parents[1] / "cases" / "tables" / "str_last.csv"
    version = tree.train_on(data)
    with tree.asked_all_the_time(version) as load:
        load.wait_for(200, version)
    with data.open(newline="") as file:
        texts = {np.array(values, np.float32).tobytes(): text for *values, text in csv.reader(file)}
    names = {0: "N", 1: "V"}
    examples = tree.examples(version)
    assert [texts[np.array(each["features"], np.float32).tobytes()] for each in examples] == ["N", "V"]
    assert [each["label"] for each in examples] == [0, 1]
    for example in examples:
        for path in ("/predict?details=true", "/explain"):
            answer = tree.gateway.ask("POST", path, {"features": example["features"]})
            assert answer.headers["X-Model-Version"] == str(version)
            assert answer.json["predicted_class"] == example["predicted_class"]
            assert answer.json["class_name"] == names[example["predicted_class"]]
    assert tree.gateway.ask("GET", "/model").json["class_names"] == {"0": "N", "1": "V"}
