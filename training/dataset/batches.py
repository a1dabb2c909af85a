"""tf.data pipelines of the rows on disk: in order for evaluation, shuffled for training."""

import math

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.dataset.augmentation import augment_traces
from training.dataset.shards import Rows

MIXED_SHARDS = 4  # in memory at once and shuffled together; chosen by hand
BATCHES_AHEAD = 8  # prefetched; chosen by hand
AUGMENTED_AT_ONCE = 1024  # rows augmented at once; bounds memory


def in_order(rows: Rows, batch_size: int) -> tf.data.Dataset:
    """Return batches of features (batch, n) and class columns (batch,), in the order of `rows.blocks`."""
    return _batches(_records(_names(rows), rows), batch_size, math.ceil(len(rows) / batch_size))


def shuffled(
    rows: Rows,
    batch_size: int,
    seed: int,
    worker: int = 0,
    workers: int = 1,
    noise: NDArray[np.float32] | None = None,
    augment: float = 0.0,
) -> tf.data.Dataset:
    """Return batches of features (batch, n) and class columns (batch,), shuffled anew by `seed` in each epoch.

    `batch_size` is the size for all workers together: each worker makes the same batches and takes its own rows. With
    several workers an incomplete last batch is dropped, so that all take equal steps. `noise` (n,) are standard
    deviations of normal noise on the features; `augment` is the strength of augmentation of each trace. Both differ in
    each epoch, but do not depend on the number of workers.
    """
    deviations = None if noise is None else np.append(noise, np.float32(0))  # no noise on the class column

    def augmented(block: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        if augment:
            block = tf.concat([augment_traces(block[:, : rows.trace], augment, seeds), block[:, rows.trace :]], axis=1)
        return block if deviations is None else block + deviations * tf.random.stateless_normal(tf.shape(block), seeds)

    def epoch(key: tf.Tensor) -> tf.data.Dataset:
        seeds = tf.stack([key, key])
        records = _records(tf.random.experimental.stateless_shuffle(_names(rows), seeds), rows)
        mixed = records.rebatch(MIXED_SHARDS * rows.shard_rows).map(
            lambda block: tf.random.experimental.stateless_shuffle(block, seeds)
        )
        if deviations is None and not augment:
            return mixed
        chunks = mixed.rebatch(AUGMENTED_AT_ONCE).enumerate()
        return chunks.map(lambda number, block: augmented(block, tf.stack([key, number])))

    key = tf.data.Dataset.random(seed, rerandomize_each_iteration=True).take(1)
    steps = len(rows) // batch_size if workers > 1 else math.ceil(len(rows) / batch_size)
    batches = _batches(key.flat_map(epoch), batch_size, steps)
    return batches.map(lambda *batch: tuple(each[worker::workers] for each in batch)) if workers > 1 else batches


def _names(rows: Rows) -> list[str]:
    return [str(shard) for shard in rows.shards]


def _records(names: tf.Tensor | list[str], rows: Rows) -> tf.data.Dataset:
    shards = tf.data.Dataset.from_tensor_slices(names)
    return shards.map(
        lambda name: tf.reshape(tf.io.decode_raw(tf.io.read_file(name), tf.float32), (-1, rows.width + 1))
    )


def _batches(records: tf.data.Dataset, batch_size: int, steps: int) -> tf.data.Dataset:
    batches = records.rebatch(batch_size).take(steps).apply(tf.data.experimental.assert_cardinality(steps))
    parted = batches.map(lambda batch: (batch[:, :-1], tf.cast(batch[:, -1], tf.int64)))
    return parted.prefetch(BATCHES_AHEAD)
