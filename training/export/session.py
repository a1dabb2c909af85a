"""A written version, loaded by a session as TensorFlow Serving does.

The newer way of loading forgives what a session does not.
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
    """What a loaded version answers; it ends with the context that `load_session` gave it in."""

    def __init__(self, session: Any, signatures: Any) -> None:
        self._session = session
        self._signatures = signatures

    @property
    def width(self) -> int:
        """How many features a beat must have."""
        return int(self._signatures["serving_default"].inputs["features"].tensor_shape.dim[-1].size)

    def predicted(self, features: NDArray[Any]) -> NDArray[Any]:
        """The classes (rows,) of the beats of `features` (rows, n)."""
        return self.answers("serving_default", features, ["predicted_class"])["predicted_class"]

    def answers(
        self, signature: str, features: NDArray[Any], outputs: Collection[str] | None = None
    ) -> dict[str, NDArray[Any]]:
        """All of a signature's outputs, or those named, for the beats of `features` (rows, n)."""
        asked = self._signatures[signature]
        return self._run(signature, outputs or asked.outputs, {asked.inputs["features"].name: features})

    def metadata(self, output: str) -> NDArray[Any]:
        """What the model tells of itself under this name."""
        return self._run("metadata", [output], {})[output]

    def description(self) -> dict[str, Any]:
        """The model's description."""
        text: Any = self.metadata("description")  # bytes: a session gives a scalar text as it is
        described: dict[str, Any] = json.loads(text)
        return described

    def _run(self, signature: str, outputs: Collection[str], feed: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        tensors = self._signatures[signature].outputs
        answers: dict[str, NDArray[Any]] = self._session.run({name: tensors[name].name for name in outputs}, feed)
        return answers


@contextmanager
def load_session(folder: Path) -> Iterator[Session]:
    """The version in `folder`; its graph and variables are gone afterwards."""
    hide_information()
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        loaded = tf.compat.v1.saved_model.loader.load(session, [tf.saved_model.SERVING], str(folder))
        yield Session(session, loaded.signature_def)
