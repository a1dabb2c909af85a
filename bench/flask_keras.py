"""The simplest common setup: Flask with keras.Model.predict, under gunicorn.

The SavedModel is loaded as a Keras model as in Keras' documentation,
https://keras.io/api/layers/backend_specific_layers/tfsm_layer/
"""

from typing import Any

from flask import Flask, jsonify, request


def create_app(version: str) -> Flask:
    """Return the application for the SavedModel in the folder `version`."""
    import keras
    import numpy as np

    model = keras.Sequential([keras.layers.TFSMLayer(version, call_endpoint="serving_default")])
    app = Flask("keras")

    @app.post("/predict")
    def predict() -> Any:
        content = request.get_json()
        rows = content.get("instances") or [content["features"]]
        outputs = model.predict(np.array(rows, np.float32), verbose=0)
        pairs = zip(outputs["predicted_class"].tolist(), outputs["probability"].tolist(), strict=True)
        answers = [{"predicted_class": label, "probability": probability} for label, probability in pairs]
        return jsonify(predictions=answers) if "instances" in content else jsonify(answers[0])

    return app
