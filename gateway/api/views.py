"""The views of the gateway's own API: each reads the request, calls the version router and writes the answer."""

from flask import Response, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST

from gateway.api.blocking import BlockingRouter, asked_version
from gateway.api.openapi import document
from gateway.errors import GatewayError, InvalidBeat
from gateway.exchange import VERSION
from gateway.model import DETAILS, EXPLAIN, LABELLED, PLAIN, Question
from gateway.payload.answers import write_prediction
from gateway.payload.json_beats import read
from gateway.routes import RouteTable
from gateway.settings import Settings
from gateway.telemetry.metrics import Metrics


class Views:
    """One method for each view in the table of routes; Flask's threads run them beside the event loop."""

    def __init__(self, router: BlockingRouter, routes: RouteTable, settings: Settings, metrics: Metrics) -> None:
        self._router = router
        self._routes = routes
        self._settings = settings
        self._metrics = metrics

    def predict(self) -> Response:
        """Predict one beat or a batch."""
        question = DETAILS if _flag("details") else LABELLED if _flag("probabilities") else PLAIN
        return self._ask(question, "predictions", self._settings.max_batch)

    def explain(self) -> Response:
        """Explain the prediction of one beat or of each beat of a batch."""
        return self._ask(EXPLAIN, "explanations", self._settings.max_explained)

    def _ask(self, question: Question, name: str, max_batch: int) -> Response:
        version = asked_version()
        beats = read(request.headers.get("Content-Type", ""), request.get_data(cache=False), max_batch)
        prediction = self._router.predict(beats, question, version)
        content = write_prediction(prediction, beats.batch, name, self._settings.abstain_below, prediction.class_names)
        return _versioned(Response(content, content_type="application/json"), prediction.answer.version)

    def health(self) -> Response:
        """Report that this process answers, independent of the model server."""
        return jsonify(status="healthy")

    def ready(self) -> Response:
        """Report the AVAILABLE versions; raise ModelNotReady if there is none."""
        return jsonify(status="ready", model=self._settings.model_name, versions=self._router.available())

    def model(self) -> Response:
        """Return the served model's description."""
        served = self._router.model(asked_version())
        features = {"count": served.width, "names": served.feature_names}
        # the keys that the gateway sets itself win over keys of the description
        facts = {"metrics": None, "data": None, **served.facts, "features": features}
        facts |= {"name": self._settings.model_name, "version": served.version, "classes": served.class_labels}
        facts["class_names"] = served.class_names
        return _versioned(jsonify(facts | {"signatures": served.signatures}), served.version)

    def examples(self) -> Response:
        """Return the served model's example beats and baseline."""
        served = self._router.model(asked_version())
        return _versioned(jsonify(examples=served.examples, baseline=served.baseline), served.version)

    def openapi(self) -> Response:
        """Return the OpenAPI document for the served model, or a general one if no model is served."""
        try:
            served = self._router.model()
        except GatewayError:
            return jsonify(document(self._routes, self._settings))
        return _versioned(jsonify(document(self._routes, self._settings, served)), served.version)

    def metrics(self) -> Response:
        """Return the metrics since the gateway started."""
        return Response(self._metrics.text(), content_type=CONTENT_TYPE_LATEST)


def _flag(name: str) -> bool:
    text = request.args.get(name, "false")
    if text not in ("true", "false"):
        raise InvalidBeat(f"?{name}= takes 'true' or 'false'", field=name)
    return text == "true"


def _versioned(response: Response, version: int) -> Response:
    response.headers[VERSION] = str(version)
    return response
