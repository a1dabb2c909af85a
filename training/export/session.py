"""Loads a written version in a TensorFlow 1 session, as TensorFlow Serving does.

`tf.saved_model.load` accepts models that a session rejects.
"""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tensorflow as tf
from numpy.typing import NDArray

from training.export.tensorflow_log import hide_information


class Session:
    """A loaded version, usable inside the context of `load_session`."""

    def __init__(self, session: Any, signatures: Any) -> None:
        self._session = session
        self._signatures = signatures

    @property
    def width(self) -> int:
        """The number of features of a beat."""
        return int(self._signatures["serving_default"].inputs["features"].tensor_shape.dim[-1].size)

    def predicted(self, features: NDArray[Any]) -> NDArray[Any]:
        """Return the predicted class labels (rows,) of the beats `features` (rows, n)."""
        return self.answers("serving_default", features, ["predicted_class"])["predicted_class"]

    def answers(
        self, signature: str, features: NDArray[Any], outputs: Collection[str] | None = None
    ) -> dict[str, NDArray[Any]]:
        """Return a signature's outputs, all or those named in `outputs`, for the beats `features` (rows, n)."""
        chosen = self._signatures[signature]
        return self._run(signature, outputs or chosen.outputs, {chosen.inputs["features"].name: features})

    def metadata(self, output: str) -> NDArray[Any]:
        """Return one output of the signature `metadata`."""
        return self._run("metadata", [output], {})[output]

    def description(self) -> dict[str, Any]:
        """Return the model's description."""
        text: Any = self.metadata("description")  # bytes: a session returns a scalar string without an array
        described: dict[str, Any] = json.loads(text)
        return described

    def _run(self, signature: str, outputs: Collection[str], feed: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        tensors = self._signatures[signature].outputs
        answers: dict[str, NDArray[Any]] = self._session.run({name: tensors[name].name for name in outputs}, feed)
        return answers


@contextmanager
def load_session(folder: Path) -> Iterator[Session]:
    """Load the version in `folder`; its graph and variables are released at the end."""
    hide_information()
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        loaded = tf.compat.v1.saved_model.loader.load(session, [tf.saved_model.SERVING], str(folder))
        yield Session(session, loaded.signature_def)
