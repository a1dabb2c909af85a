"""The signatures of the SavedModel, as TensorFlow functions."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.export.attributions import attributions, scores
from training.network.inference import logits, probabilities
from training.ood.score import OodScore

Answers = dict[str, tf.Tensor]


@dataclass(frozen=True, slots=True)
class Servable:
    """A trained network with its OOD score and metadata. The methods take `features` (batch, n)."""

    model: keras.Model
    ood: OodScore
    baseline: NDArray[np.float32]  # (n,), the start of the integrated gradients
    class_labels: NDArray[np.int64]  # (k,), sorted
    feature_names: tuple[str, ...]
    description: str  # JSON

    def signatures(self) -> dict[str, Any]:
        """Return the TensorFlow functions by the names of their signatures."""
        beats = [tf.TensorSpec([None, len(self.feature_names)], tf.float32, name="features")]
        return {
            "serving_default": tf.function(self.predictions, input_signature=beats),
            "details": tf.function(self.details, input_signature=beats),
            "explain": tf.function(self.explanations, input_signature=beats),
            "metadata": tf.function(self.metadata, input_signature=[]),
        }

    def variables(self) -> list[tf.Variable]:
        """Return all variables that the signatures read."""
        # The plain variables: a model server cannot restore a Keras model that is tracked as a whole.
        return [variable.value for variable in self.model.variables] + self.ood.variables

    def predictions(self, features: tf.Tensor) -> Answers:
        """Return `probabilities` (batch, k), `predicted_class` (batch,) and its `probability` (batch,)."""
        answers = probabilities(self.model, features)
        return {
            "probabilities": answers,
            "predicted_class": self._labels(tf.argmax(answers, axis=1)),
            "probability": tf.reduce_max(answers, axis=1),
        }

    def details(self, features: tf.Tensor) -> Answers:
        """Return `predictions` and the out-of-distribution score `unusual_score` (batch,): unusual above 1."""
        return {**self.predictions(features), "unusual_score": self.ood.score(features)}

    def explanations(self, features: tf.Tensor) -> Answers:
        """Return the predictions with `attributions` (batch, n), `score` and `baseline_score` (batch,).

        A beat's attributions add up to its score minus its baseline score."""
        answers = probabilities(self.model, features)
        columns = tf.argmax(answers, axis=1)
        network, baseline = partial(logits, self.model), tf.constant(self.baseline)
        at_baseline = tf.repeat(network(baseline[None]), tf.size(columns), axis=0)
        return {
            "predicted_class": self._labels(columns),
            "probability": tf.reduce_max(answers, axis=1),
            "attributions": attributions(network, features, columns, baseline),
            "score": scores(network(features), columns),
            "baseline_score": scores(at_baseline, columns),
        }

    def metadata(self) -> Answers:
        """Return class labels (k,), feature names (n,) and the description as JSON."""
        return {
            "class_labels": tf.constant(self.class_labels, tf.int64),
            "feature_names": tf.constant(self.feature_names),
            "description": tf.constant(self.description),
        }

    def _labels(self, columns: tf.Tensor) -> tf.Tensor:
        return tf.gather(tf.constant(self.class_labels, tf.int64), columns)
