"""The baseline of `bench.training`: the same network in plain Keras, with the beats in arrays."""

import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

from data.tables.reader import read_beats
from training.network.schedule import batch_size
from training.recipe import Recipe


def main(data: Path, models: Path, epochs: int) -> None:
    """Train and export with plain Keras, and write the metrics to the same file."""
    beats = read_beats(data)
    # Views: the files' rows are in random order, and copies would make the baseline worse.
    ends = [round(len(beats.labels) * share) for share in (0.68, 0.8)]
    train, validation, test = np.split(beats.features, ends)
    train_labels, validation_labels, test_labels = np.split(beats.labels, ends)
    scaling = keras.layers.Normalization()
    scaling.adapt(train)
    layers = [
        scaling,
        keras.layers.Dense(128, "relu"),
        keras.layers.Dense(64, "relu"),
        keras.layers.Dense(1, "sigmoid"),
    ]
    model = keras.Sequential([keras.layers.Input((train.shape[1],)), *layers])
    model.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy", metrics=["accuracy"])
    started = time.monotonic()
    model.fit(
        train,
        train_labels,
        validation_data=(validation, validation_labels),
        batch_size=batch_size(len(train), Recipe()),
        epochs=epochs,
        verbose=2,
    )
    seconds = time.monotonic() - started
    answers = model.predict(test, batch_size=1024, verbose=0)[:, 0] > 0.5
    model.export(models / "1", verbose=False)
    metrics = {
        "data": {"rows": {"train": len(train)}},
        "training": {"seconds": seconds},
        "metrics": {"accuracy": float(np.mean(answers == test_labels))},
    }
    (models / "1" / "assets.extra").mkdir()
    (models / "1" / "assets.extra" / "metrics.json").write_text(json.dumps(metrics))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
