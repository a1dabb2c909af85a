"""The paths of the gateway: each unpacks the request, asks the router, packs the answer."""

import re
from collections.abc import Callable
from typing import Final

import orjson
from flask import Blueprint, Response, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST
from werkzeug.exceptions import UnsupportedMediaType

from gateway.api.openapi import document
from gateway.errors import GatewayError, InvalidBeat, ModelNotReady
from gateway.http.error_responses import VERSION_HEADER
from gateway.inference.predictor import Prediction
from gateway.inference.version_router import Router
from gateway.model import Answer
from gateway.model_server.contract import DETAILS, EXPLAIN, LABELLED, PLAIN, UNUSUAL_SCORE, Question
from gateway.payload.binary import Packed
from gateway.payload.json_beats import AnyBeats, parse
from gateway.settings import Settings
from gateway.telemetry.metrics import Metrics

Reader = Callable[[bytes, int], AnyBeats]  # takes a body and the most beats of a batch
READERS: Final[dict[str, Reader]] = {
    "application/json": parse,
    "application/octet-stream": Packed,
}
_NUMBER: Final = re.compile(r"[0-9]{1,18}")  # more digits are no int64


def routes(router: Router, settings: Settings, metrics: Metrics) -> Blueprint:
    """Make the blueprint that serves one model."""
    views = Views(router, settings, metrics)
    paths = Blueprint("gateway", __name__)
    paths.post("/predict")(views.predict)
    paths.post("/explain")(views.explain)
    paths.get("/examples")(views.examples)
    paths.get("/openapi.json")(views.openapi)
    paths.get("/health")(views.health)
    paths.get("/ready")(views.ready)
    paths.get("/model")(views.model)
    paths.get("/metrics")(views.metrics)
    return paths


class Views:
    """One method a path."""

    def __init__(self, router: Router, settings: Settings, metrics: Metrics) -> None:
        self._router = router
        self._settings = settings
        self._metrics = metrics

    def predict(self) -> Response:
        """Predict one beat or a batch."""
        labelled, details = _flag("probabilities"), _flag("details")
        question = DETAILS if details else LABELLED if labelled else PLAIN
        return self._ask(question, "predictions", self._settings.max_batch)

    def explain(self) -> Response:
        """Explain the prediction of one beat or of each beat of a batch."""
        return self._ask(EXPLAIN, "explanations", self._settings.max_explained)

    def _ask(self, question: Question, name: str, max_batch: int) -> Response:
        version, read = _version(), READERS.get(request.mimetype)
        if read is None:
            raise UnsupportedMediaType
        beats = read(_body(), max_batch)
        prediction = self._router.predict(beats, question, version, self._client())
        content = written(prediction, beats.batch, name, self._settings.abstain_below)
        return _versioned(Response(content, content_type="application/json"), prediction.answer.version)

    def health(self) -> Response:
        """Say that this process answers, whatever the model server does."""
        return jsonify(status="healthy")

    def ready(self) -> Response:
        """Say which versions are AVAILABLE; raise ModelNotReady if none is."""
        name, states = self._settings.model_name, self._router.states()
        available = [version for version, state in states.items() if state.name == "AVAILABLE"]
        if not available:
            known = ", ".join(f"version {version} is {state}" for version, state in states.items()) or "there is none"
            raise ModelNotReady(f"No version of '{name}' is AVAILABLE: {known}")
        return jsonify(status="ready", model=name, versions=available)

    def model(self) -> Response:
        """Tell what the served model tells of itself."""
        served = self._router.model(_version())
        features = {"count": served.width, "names": served.feature_names}
        # the description cannot replace what the gateway knows for certain
        facts = {"metrics": None, "data": None, **served.facts, "features": features}
        facts |= {"name": self._settings.model_name, "version": served.version, "classes": served.class_labels}
        return _versioned(jsonify(facts | {"signatures": served.signatures}), served.version)

    def examples(self) -> Response:
        """Tell the beats that came with the served model."""
        served = self._router.model(_version())
        return _versioned(jsonify(examples=served.examples, baseline=served.baseline), served.version)

    def openapi(self) -> Response:
        """Describe all this for the served model; without one for any."""
        try:
            served = self._router.model()
        except GatewayError:
            return jsonify(document(self._settings))
        return _versioned(jsonify(document(self._settings, served)), served.version)

    def metrics(self) -> Response:
        """Tell what was counted since the gateway started."""
        return Response(self._metrics.text(), content_type=CONTENT_TYPE_LATEST)

    def _client(self) -> str | None:
        return request.headers.get(self._settings.sticky_header)


def _version() -> int | None:
    text = request.headers.get(VERSION_HEADER)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise InvalidBeat(f"The header {VERSION_HEADER} takes the number of a model version", field=VERSION_HEADER)
    return int(text)


def _flag(name: str) -> bool:
    if not request.query_string:
        return False
    text = request.args.get(name, "false")
    if text not in ("true", "false"):
        raise InvalidBeat(f"?{name}= takes 'true' or 'false'", field=name)
    return text == "true"


def _body() -> bytes:
    body = request.get_data(cache=False)
    if request.content_length is None:
        request.stream.read(1)  # a body without a length is cut at the limit; only reading on raises the 413
    return body


def written(prediction: Prediction, batch: bool, name: str = "predictions", abstain_below: float = 0.0) -> bytes:
    """Write a prediction as JSON; `name` is that of a batch's rows."""
    rows = _rows(prediction, abstain_below)
    return orjson.dumps({name: rows} if batch else rows[0], option=orjson.OPT_APPEND_NEWLINE)


def _rows(prediction: Prediction, abstain_below: float) -> list[dict[str, object]]:
    answer = prediction.answer
    rows: list[dict[str, object]] = [
        {"predicted_class": predicted_class, "probability": probability}
        for predicted_class, probability in zip(answer.predicted_class, answer.probability, strict=True)
    ]
    if prediction.labels is not None:
        names = [str(label) for label in prediction.labels]
        for row, probabilities in zip(rows, answer.probabilities, strict=True):
            row["probabilities"] = dict(zip(names, probabilities, strict=True))
    if answer.more:
        _add(rows, answer, abstain_below)
    return rows


def _add(rows: list[dict[str, object]], answer: Answer, abstain_below: float) -> None:
    if UNUSUAL_SCORE in answer.more:
        for row, probability, score in zip(rows, answer.probability, answer.more[UNUSUAL_SCORE], strict=True):
            row |= {"abstain": probability < abstain_below, "unusual": score > 1}
    for name, values in answer.more.items():
        for row, value in zip(rows, values, strict=True):
            row[name] = value


def _versioned(response: Response, version: int) -> Response:
    response.headers[VERSION_HEADER] = str(version)
    return response
