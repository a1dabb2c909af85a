"""The gateway's own JSON for predictions and explanations."""

import json
from dataclasses import dataclass

import pytest

from gateway.model import Answer
from gateway.model_server import contract
from gateway.payload import open_inference, tensorflow_rest
from gateway.payload.answers import write_prediction

ANSWER = Answer(3, [1, 0], [0.75, 0.6000000238418579], [[0.25, 0.75], [0.6000000238418579, 0.4000000059604645]])


@dataclass(frozen=True, slots=True)
class Predicted:
    answer: Answer
    labels: tuple[int, ...] | None = None


def test_the_plain_answer_has_its_two_keys_and_no_more():
    one = write_prediction(Predicted(ANSWER.rows(0, 1)), batch=False)
    assert one == b'{"predicted_class":1,"probability":0.75}\n'
    batch = write_prediction(Predicted(ANSWER), batch=True)
    assert batch == (
        b'{"predictions":[{"predicted_class":1,"probability":0.75},'
        b'{"predicted_class":0,"probability":0.6000000238418579}]}\n'
    )


def test_numbers_are_written_with_the_digits_that_they_need():
    values = [1.0, 1e-7, 5e-324, 0.1, 1.401298464324817e-45, 0.30000001192092896]
    rows = json.loads(write_prediction(Predicted(Answer(1, [0] * 6, values, [])), batch=True))["predictions"]
    assert [row["probability"] for row in rows] == values


@pytest.mark.parametrize("names", [None, {}, {7: "other"}])
def test_labels_have_no_name_if_none_is_known(names):
    row = json.loads(write_prediction(Predicted(ANSWER.rows(1, 2), (0, 1)), batch=False, class_names=names))
    assert list(row) == ["predicted_class", "probability", "probabilities"]
    assert row["probabilities"] == {"0": 0.6000000238418579, "1": 0.4000000059604645}


def test_class_names_follow_the_class_label():
    prediction = Predicted(ANSWER, (0, 1))
    rows = json.loads(write_prediction(prediction, batch=True, class_names={0: "normal", 1: "ventrikulär"}))[
        "predictions"
    ]
    assert [row["class_name"] for row in rows] == ["ventrikulär", "normal"]
    assert list(rows[0]) == ["predicted_class", "class_name", "probability", "probabilities"]


def test_class_names_come_without_labels_too_for_the_classes_that_have_one():
    rows = json.loads(write_prediction(Predicted(ANSWER), batch=True, class_names={1: "normal"}))["predictions"]
    assert [list(row) for row in rows] == [
        ["predicted_class", "class_name", "probability"],
        ["predicted_class", "probability"],
    ]


def test_further_outputs_follow_and_a_score_sets_unusual():
    answer = Answer(1, [1, 0], [0.9, 0.5], [[0.1, 0.9], [0.5, 0.5]], {"unusual_score": [1.0, 1.5]})
    rows = json.loads(write_prediction(Predicted(answer, (0, 1)), batch=True, name="rows", abstain_below=0.6))["rows"]
    assert [(row["abstain"], row["unusual"], row["unusual_score"]) for row in rows] == [
        (False, False, 1.0),
        (True, True, 1.5),
    ]
    explained = Answer(1, [1], [0.9], [], {"attributions": [[0.5, 0.25]], "score": [2.0]})
    assert json.loads(write_prediction(Predicted(explained), batch=False)) == {
        "predicted_class": 1,
        "probability": 0.9,
        "attributions": [0.5, 0.25],
        "score": 2.0,
    }


def test_the_names_of_outputs_are_those_of_the_contract():
    assert set(open_inference.OUTPUTS) == set(contract.OUTPUTS) == set(tensorflow_rest.OUTPUTS)
