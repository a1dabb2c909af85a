"""The check of recorded beats: the gateway must give the answers that a version's training recorded."""

import json
from typing import Any

from rollout.errors import Faulty
from rollout.gateway.client import Ask, refusal

TOLERANCE = 1e-4  # of a probability; chosen by hand

Beats = list[dict[str, Any]]


def check(ask: Ask, version: int, beats: Beats) -> list[dict[str, Any]]:
    """Compare a version's answers with the recorded ones, and return its answers.

    Raises:
        NotAnswering: No pod has the version yet.
        Faulty: The version fails, or its answers differ.
    """
    body = json.dumps({"instances": [beat["features"] for beat in beats]}).encode()
    headers = {"Content-Type": "application/json", "X-Model-Version": str(version)}
    answer = ask("/predict", body, headers)
    if answer.status != 200:
        raise refusal(f"/predict for version {version}", answer)
    answered = answer.header("X-Model-Version")
    if answered != str(version):
        raise Faulty(f"version {answered or 'unknown'} answered instead of version {version}")
    predictions: list[dict[str, Any]] = json.loads(answer.body)["predictions"]
    if len(predictions) != len(beats):
        raise Faulty(f"version {version} gives {len(predictions)} answers to {len(beats)} beats")
    for row, (beat, got) in enumerate(zip(beats, predictions, strict=True)):
        _compare(version, row, beat, got)
    return predictions


def _compare(version: int, row: int, beat: dict[str, Any], got: dict[str, Any]) -> None:
    where = f"version {version} answers {got} to its recorded beat {row}"
    if got["predicted_class"] != beat["predicted_class"]:
        raise Faulty(f"{where}; class {beat['predicted_class']} was recorded")
    if not abs(got["probability"] - beat["probability"]) <= TOLERANCE:
        raise Faulty(f"{where}; probability {beat['probability']} was recorded")
