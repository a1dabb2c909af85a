"""The paths of the gateway: each unpacks the request, asks the router, packs the answer."""

import re
from collections.abc import Callable
from typing import Final

import orjson
from flask import Blueprint, Response, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST
from werkzeug.exceptions import UnsupportedMediaType

from gateway.beats import AnyBeats, parse
from gateway.errors import InvalidBeat, ModelNotReady
from gateway.metrics import Metrics
from gateway.packed import Packed
from gateway.predictor import Prediction
from gateway.responses import VERSION_HEADER
from gateway.router import Router
from gateway.settings import Settings

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
        labelled, version = _flag("probabilities"), _version()
        read = READERS.get(request.mimetype)
        if read is None:
            raise UnsupportedMediaType
        beats = read(_body(), self._settings.max_batch)
        prediction = self._router.predict(beats, labelled, version, self._client())
        content = written(prediction, beats.batch, labelled)
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
        facts = {"metrics": None, "data": None, **served.description, "features": features}
        facts |= {"name": self._settings.model_name, "version": served.version, "classes": served.class_labels}
        return _versioned(jsonify(facts), served.version)

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


def written(prediction: Prediction, batch: bool, labelled: bool = False) -> bytes:
    """Write a prediction as JSON."""
    rows = _rows(prediction, labelled)
    return orjson.dumps({"predictions": rows} if batch else rows[0], option=orjson.OPT_APPEND_NEWLINE)


def _rows(prediction: Prediction, labelled: bool) -> list[dict[str, object]]:
    answer = prediction.answer
    rows: list[dict[str, object]] = [
        {"predicted_class": predicted_class, "probability": probability}
        for predicted_class, probability in zip(answer.predicted_class, answer.probability, strict=True)
    ]
    if labelled:
        names = [str(label) for label in prediction.labels or ()]
        for row, probabilities in zip(rows, answer.probabilities, strict=True):
            row["probabilities"] = dict(zip(names, probabilities, strict=True))
    return rows


def _versioned(response: Response, version: int) -> Response:
    response.headers[VERSION_HEADER] = str(version)
    return response
