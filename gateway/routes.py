"""The paths of the gateway: each unpacks the request, asks the predictor, packs the answer."""

from flask import Blueprint, Response, jsonify, request
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import UnsupportedMediaType

from gateway.beats import parse
from gateway.errors import InvalidBeat, ModelNotReady
from gateway.predictor import Prediction, Predictor
from gateway.settings import Settings

VERSION_HEADER = "X-Model-Version"


def routes(predictor: Predictor, settings: Settings) -> Blueprint:
    """Make the blueprint that serves one model."""
    paths = Blueprint("gateway", __name__)

    @paths.post("/predict")
    def predict() -> Response:
        labelled = _flag("probabilities")
        if not request.is_json:
            raise UnsupportedMediaType
        beats = parse(_body(), settings.max_batch)
        prediction = predictor.predict(beats, labelled)
        rows = _rows(prediction, labelled)
        return _versioned(jsonify(predictions=rows) if beats.batch else jsonify(rows[0]), prediction.answer.version)

    @paths.get("/health")
    def health() -> Response:
        return jsonify(status="healthy")

    @paths.get("/ready")
    def ready() -> Response:
        states = predictor.states()
        available = [version for version, state in states.items() if state.name == "AVAILABLE"]
        if not available:
            known = ", ".join(f"version {version} is {state}" for version, state in states.items()) or "there is none"
            raise ModelNotReady(f"No version of '{settings.model_name}' is AVAILABLE: {known}")
        return jsonify(status="ready", model=settings.model_name, versions=available)

    @paths.get("/model")
    def model() -> Response:
        served = predictor.model()
        features = {"count": served.width, "names": served.feature_names}
        # the description cannot replace what the gateway knows for certain
        facts = {"metrics": None, "data": None, **served.description, "features": features}
        facts |= {"name": settings.model_name, "version": served.version, "classes": served.class_labels}
        return _versioned(jsonify(facts), served.version)

    return paths


def _flag(name: str) -> bool:
    text = request.args.get(name, "false")
    if text not in ("true", "false"):
        raise InvalidBeat(f"?{name}= takes 'true' or 'false'", field=name)
    return text == "true"


def _body() -> bytes:
    try:
        body = request.get_data(cache=False)
        if request.content_length is None:
            request.stream.read(1)  # a body without a length is cut at the limit; only reading on raises the 413
    except ParseException:
        raise InvalidBeat("The chunks of the body are not those of HTTP") from None
    return body


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
