"""Writes predictions and explanations as the gateway's own JSON."""

from collections.abc import Mapping
from typing import Protocol

import orjson

from gateway.model import UNUSUAL_SCORE, Answer


class Predicted(Protocol):
    """An answer of the model and, if requested, the class labels of its columns."""

    @property
    def answer(self) -> Answer:
        """The model's outputs."""

    @property
    def labels(self) -> tuple[int, ...] | None:
        """Class labels of the columns of `probabilities`; None for the plain answer."""


def write_prediction(
    prediction: Predicted,
    batch: bool,
    name: str = "predictions",
    abstain_below: float = 0.0,
    class_names: Mapping[int, str] | None = None,
) -> bytes:
    """Write a prediction as JSON: a row for one beat, or a list of rows under the key `name` for a batch.

    A row has `predicted_class` and `probability`, and `class_name` if `class_names` has the class label; with class
    labels also `probabilities`; then the further outputs of the signature. With an OOD score it has `abstain` (whether
    the probability is below `abstain_below`) and `unusual` (whether the score is above 1).

    orjson of dicts takes 0.5 ms for 4096 plain rows and 0.2 µs for one. Joining the numbers' texts was measured at 0.45
    to 0.6 ms and 0.2 µs, which does not justify more code.
    """
    rows = _rows(prediction, abstain_below, class_names or {})
    return orjson.dumps({name: rows} if batch else rows[0], option=orjson.OPT_APPEND_NEWLINE)


def _rows(prediction: Predicted, abstain_below: float, class_names: Mapping[int, str]) -> list[dict[str, object]]:
    answer = prediction.answer
    rows = _named(answer, class_names) if class_names else _plain(answer)
    if prediction.labels is not None:
        keys = [str(label) for label in prediction.labels]
        for row, probabilities in zip(rows, answer.probabilities, strict=True):
            row["probabilities"] = dict(zip(keys, probabilities, strict=True))
    if answer.more:
        _add_more(rows, answer, abstain_below)
    return rows


def _plain(answer: Answer) -> list[dict[str, object]]:
    return [
        {"predicted_class": label, "probability": probability}
        for label, probability in zip(answer.predicted_class, answer.probability, strict=True)
    ]


def _named(answer: Answer, class_names: Mapping[int, str]) -> list[dict[str, object]]:
    named = {label: {"class_name": name} for label, name in class_names.items()}
    return [
        {"predicted_class": label, **named.get(label, {}), "probability": probability}
        for label, probability in zip(answer.predicted_class, answer.probability, strict=True)
    ]


def _add_more(rows: list[dict[str, object]], answer: Answer, abstain_below: float) -> None:
    if UNUSUAL_SCORE in answer.more:
        for row, probability, score in zip(rows, answer.probability, answer.more[UNUSUAL_SCORE], strict=True):
            row |= {"abstain": probability < abstain_below, "unusual": score > 1}
    for name, values in answer.more.items():
        for row, value in zip(rows, values, strict=True):
            row[name] = value
