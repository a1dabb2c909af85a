"""The gateway, asked for what a version's training recorded."""

import json
from collections.abc import Callable
from typing import Any

from rollout import http
from rollout.cluster import Cluster
from rollout.errors import Faulty, NotAnswering, RolloutError
from rollout.http import Answer

TOLERANCE = 1e-4
NOT_NOW = (429, 503, 504)  # nobody there yet, or too busy
KEY_HEADER = "X-API-Key"  # the other one, Authorization, is for the API server on the way

Ask = Callable[[str, bytes | None, dict[str, str]], Answer]
Beats = list[dict[str, Any]]


def at(url: str, key: str | None = None) -> Ask:
    """Ask the gateway at a URL, with an API key if there is one."""
    return lambda path, body, headers: http.ask(url.rstrip("/") + path, body, headers | _keyed(key))


def through(cluster: Cluster, key: str | None = None) -> Ask:
    """Ask the release's gateway through the API server."""
    service = f"{cluster.name.removesuffix('-serving')}-gateway:http"
    return lambda path, body, headers: cluster.ask("services", service, path, body, headers | _keyed(key))


def _keyed(key: str | None) -> dict[str, str]:
    return {KEY_HEADER: key} if key else {}


def answering(ask: Ask) -> int:
    """Return the version that answers callers."""
    answer = ask("/model", None, {})
    if answer.status == 401:
        raise _refusal("/model", answer)
    if answer.status != 200:
        raise NotAnswering(f"the gateway's /model answers {answer.status}: {answer.text}")
    version = answer.header("X-Model-Version")
    if not version.isdecimal():
        raise RolloutError("the gateway's /model names no version in X-Model-Version: is this an ECG gateway?")
    return int(version)


def require_entrance(ask: Ask) -> None:
    """Raise where the gateway, or the API server on the way, refuses who asks."""
    try:
        answer = ask("/model", None, {})
    except NotAnswering:
        return  # as long as nothing is served, no gateway is ready: waiting for it would never end
    if answer.status in (401, 403):
        raise _refusal("/model", answer)


def check(ask: Ask, version: int, beats: Beats) -> list[dict[str, Any]]:
    """Hold a version to its recorded answers and return its answers.

    NotAnswering while no pod has the version, Faulty if it answers otherwise or breaks.
    """
    body = json.dumps({"instances": [beat["features"] for beat in beats]}).encode()
    headers = {"Content-Type": "application/json", "X-Model-Version": str(version)}
    answer = ask("/predict", body, headers)
    if answer.status != 200:
        raise _refusal(f"/predict for version {version}", answer)
    answered = answer.header("X-Model-Version")
    if answered != str(version):
        raise Faulty(f"version {version} was asked and version {answered or 'without a name'} answered")
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


def _refusal(asked: str, answer: Answer) -> RolloutError:
    code, message = _error(answer)
    said = f"the gateway's {asked} answers {answer.status}: {message or answer.text}"
    if code == "unauthorized":
        return RolloutError(f"{said}; --key-file says where the API key is")
    # A status without the gateway's own error code comes from something before it.
    if answer.status in NOT_NOW or code == "version_not_found" or (answer.status >= 500 and not code):
        return NotAnswering(said)
    if answer.status in (401, 403) and not code:
        said = f"{said}; where services may not be asked through the API server, give --gateway URL"
    return Faulty(said) if code else RolloutError(said)


def _error(answer: Answer) -> tuple[str, str]:
    try:
        error = json.loads(answer.body)["error"]
        return str(error["code"]), str(error["message"])
    except (ValueError, TypeError, KeyError):
        return "", ""
