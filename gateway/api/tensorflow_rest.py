"""TensorFlow Serving's REST API, which KServe calls v1, for its clients."""

from flask import Response, jsonify, request

from gateway.api.blocking import BlockingRouter, asked_version
from gateway.errors import ModelNotFound, VersionNotFound
from gateway.exchange import VERSION
from gateway.model import ALL_OUTPUTS
from gateway.payload import tensorflow_rest
from gateway.payload.content_encoding import check_charset
from gateway.settings import Settings


class TensorFlowRest:
    """The views of the protocol; `name` must be the served model's name, and a version is a number or a label."""

    def __init__(self, router: BlockingRouter, settings: Settings) -> None:
        self._router = router
        self._settings = settings

    def status(self, name: str, version: str | None = None, label: str | None = None) -> Response:
        """Return the state of all versions, or of one."""
        number, states = self._version(name, version, label), self._router.states()
        if number is not None and number not in states:
            raise VersionNotFound(number, [each for each, state in states.items() if state.name == "AVAILABLE"])
        chosen = states if number is None else {number: states[number]}
        return jsonify(tensorflow_rest.status(chosen))

    def metadata(self, name: str, version: str | None = None, label: str | None = None) -> Response:
        """Describe the signature of a version."""
        served = self._router.model(self._version(name, version, label))
        return jsonify(tensorflow_rest.metadata(name, served))

    def predict(self, name: str, version: str | None = None, label: str | None = None) -> Response:
        """Predict a batch."""
        number = self._version(name, version, label)
        check_charset(request.headers.get("Content-Type"))
        predict_request = tensorflow_rest.read(request.get_data(cache=False), self._settings.max_batch)
        prediction = self._router.predict(predict_request.beats, ALL_OUTPUTS, number)
        content = tensorflow_rest.write_answer(predict_request, prediction.answer)
        headers = {VERSION: str(prediction.answer.version)}
        return Response(content, content_type="application/json", headers=headers)

    def _version(self, name: str, version: str | None, label: str | None) -> int | None:
        if name != self._settings.model_name:
            raise ModelNotFound(name, self._settings.model_name)
        return asked_version(version if label is None else str(self._router.version_of(label)))
