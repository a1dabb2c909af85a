"""A written version, loaded by a session as TensorFlow Serving does.

The newer way of loading forgives what a session does not.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tensorflow as tf
from numpy.typing import NDArray


class Served:
    """What a loaded version answers; it ends with the context that `load` gave it in."""

    def __init__(self, session: Any, signatures: Any) -> None:
        self._session = session
        self._signatures = signatures

    @property
    def width(self) -> int:
        """How many features a beat must have."""
        return int(self._signatures["serving_default"].inputs["features"].tensor_shape.dim[-1].size)

    def answer(self, output: str, features: NDArray[Any]) -> NDArray[Any]:
        """One output for the beats of `features` (rows, n)."""
        signature = self._signatures["serving_default"]
        return self._run(signature.outputs[output], {signature.inputs["features"].name: features})

    def told(self, output: str) -> NDArray[Any]:
        """What the model tells of itself under this name."""
        return self._run(self._signatures["metadata"].outputs[output], {})

    def _run(self, output: Any, feed: dict[str, NDArray[Any]]) -> NDArray[Any]:
        answers: NDArray[Any] = self._session.run(output.name, feed)
        return answers


@contextmanager
def load(folder: Path) -> Iterator[Served]:
    """The version in `folder`; its graph and variables are gone afterwards."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        loaded = tf.compat.v1.saved_model.loader.load(session, [tf.saved_model.SERVING], str(folder))
        yield Served(session, loaded.signature_def)
