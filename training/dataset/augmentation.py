"""Augmentation: random time warping and baseline wander of training beats, against overfitting on few rows."""

from typing import Final

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

# At strength 1. Chosen by three five-fold cross-validations on ECG5000's 500 training rows.
WARP: Final = 6 / 140  # standard deviation of the slowest warping wave, in lengths of the trace
WANDER: Final = 0.2  # standard deviation of each baseline wave, in standard deviations of the beat
WARP_WAVES: Final = np.array([1, 2, 3], np.float32)  # half periods in a trace
WANDER_WAVES: Final = np.array([0.5, 1, 1.5, 2], np.float32)


def augment_traces(traces: tf.Tensor, strength: float, seed: tf.Tensor) -> tf.Tensor:
    """Warp the time axis of traces (batch, n) and add baseline wander; each keeps its mean and standard deviation.

    The result depends only on the traces, the strength and `seed` (2,). Time warping: Um and others, Data augmentation
    of wearable sensor data for Parkinson's disease monitoring using convolutional neural networks, ICMI 2017.
    """
    seeds = tf.random.experimental.stateless_split(seed, 2)
    mean, deviation = _moments(traces)
    augmented = _warped(traces, strength * WARP, seeds[0]) + strength * WANDER * deviation * _wander(traces, seeds[1])
    new_mean, new_deviation = _moments(augmented)
    return tf.math.divide_no_nan(augmented - new_mean, new_deviation) * deviation + mean


def _moments(traces: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    return tf.reduce_mean(traces, axis=1, keepdims=True), tf.math.reduce_std(traces, axis=1, keepdims=True)


def _warped(traces: tf.Tensor, deviation: float, seed: tf.Tensor) -> tf.Tensor:
    last = traces.shape[1] - 1
    amplitudes = _random(traces, len(WARP_WAVES), seed) / WARP_WAVES
    warped = np.arange(last + 1, dtype=np.float32) + deviation * last * amplitudes @ np.sin(
        _angles(WARP_WAVES, last + 1)
    )
    positions = tf.clip_by_value(warped, 0.0, float(last))
    before = tf.cast(positions, tf.int32)
    left, right = (tf.gather(traces, tf.minimum(before + step, last), batch_dims=1) for step in (0, 1))
    return left + (right - left) * (positions - tf.cast(before, tf.float32))


def _wander(traces: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    angles = _angles(WANDER_WAVES, traces.shape[1])
    waves = np.concatenate([np.sin(angles), np.cos(angles)])
    return _random(traces, len(waves), seed) @ waves


def _random(traces: tf.Tensor, waves: int, seed: tf.Tensor) -> tf.Tensor:
    return tf.random.stateless_normal([tf.shape(traces)[0], waves], seed)


def _angles(waves: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    return np.float32(np.pi) * waves[:, np.newaxis] * np.linspace(0, 1, length, dtype=np.float32)
