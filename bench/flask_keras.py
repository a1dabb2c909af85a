"""`python -m bench.flask_keras VERSION`: what most people start with, Flask around keras.Model.predict in one process.

It runs under the gateway's gunicorn settings. The SavedModel becomes a Keras model as Keras' documentation says,
https://keras.io/api/layers/backend_specific_layers/tfsm_layer/
"""

import os
import sys
from typing import Any

from flask import Flask, jsonify, request

from gateway.server import Server
from gateway.settings import Settings


def create_app(version: str) -> Flask:
    """Make the application around the SavedModel in the folder `version`."""
    import keras
    import numpy as np

    layer = keras.layers.TFSMLayer(version, call_endpoint="serving_default")
    model = keras.Sequential([layer])
    app = Flask("keras")

    @app.post("/predict")
    def predict() -> Any:
        content = request.get_json()
        rows = content.get("instances") or [content["features"]]
        outputs = model.predict(np.array(rows, np.float32), verbose=0)
        classes, probabilities = outputs["predicted_class"].tolist(), outputs["probability"].tolist()
        answers = [
            {"predicted_class": predicted_class, "probability": probability}
            for predicted_class, probability in zip(classes, probabilities, strict=True)
        ]
        return jsonify(predictions=answers) if "instances" in content else jsonify(answers[0])

    return app


class KerasServer(Server):
    """The gateway's server with that application."""

    def __init__(self, settings: Settings, version: str) -> None:
        self._version = version
        super().__init__(settings)

    def load(self) -> Flask:
        """Make the application in the worker."""
        return create_app(self._version)


if __name__ == "__main__":
    KerasServer(Settings.from_env(os.environ), sys.argv[1]).run()
