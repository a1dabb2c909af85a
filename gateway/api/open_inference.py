"""The Open Inference Protocol (v2) over HTTP, for clients of KServe, Triton and MLServer."""

from typing import Final

from flask import Response, jsonify, request

from gateway.api.blocking import BlockingRouter, asked_version
from gateway.errors import ModelNotFound
from gateway.exchange import VERSION
from gateway.model import ALL_OUTPUTS, PLAIN
from gateway.payload import open_inference, open_inference_answers
from gateway.payload.content_encoding import check_charset
from gateway.settings import Settings

SERVER: Final = "ecg-gateway"
SERVER_VERSION: Final = "1"


class OpenInference:
    """The views of the protocol; in each, `name` must be the served model's name."""

    def __init__(self, router: BlockingRouter, settings: Settings) -> None:
        self._router = router
        self._settings = settings

    def server(self) -> Response:
        """Describe the server."""
        return jsonify(open_inference_answers.server_metadata(SERVER, SERVER_VERSION))

    def live(self) -> Response:
        """Report that this process answers."""
        return jsonify(live=True)

    def ready(self) -> Response:
        """Report that a version is AVAILABLE; raise ModelNotReady if there is none."""
        self._router.available()
        return jsonify(ready=True)

    def model(self, name: str, version: str | None = None) -> Response:
        """Describe the model, or one of its versions."""
        self._check(name)
        number, versions = asked_version(version), self._router.available()
        served = self._router.model(number)
        return jsonify(open_inference_answers.model_metadata(name, versions if number is None else [number], served))

    def model_ready(self, name: str, version: str | None = None) -> Response:
        """Report that the model, or one of its versions, can predict."""
        self._check(name)
        served = self._router.model(asked_version(version))
        return jsonify(name=name, ready=True, version=str(served.version))

    def infer(self, name: str, version: str | None = None) -> Response:
        """Predict a batch."""
        self._check(name)
        check_charset(request.headers.get("Content-Type"))
        length = request.headers.get(open_inference.HEADER_LENGTH)
        inference = open_inference.read(request.get_data(cache=False), length, self._settings.max_batch)
        self._check(inference.model_name or name)
        number = asked_version(version, inference.model_version or None)
        all_outputs = any(output.name == "probabilities" for output in inference.outputs)
        prediction = self._router.predict(inference.beats, ALL_OUTPUTS if all_outputs else PLAIN, number)
        content, headers = open_inference_answers.write_answer(inference, prediction.answer, name)
        return Response(content, headers=headers | {VERSION: str(prediction.answer.version)})

    def _check(self, name: str) -> None:
        if name != self._settings.model_name:
            raise ModelNotFound(name, self._settings.model_name)
