"""Writes each epoch's values as events for TensorBoard."""

import logging
import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

log = logging.getLogger(__name__)

VALIDATION = "val_"  # prefix of the names of validation metrics
FORMAT = "brain.Event:2"


class EpochEvents(keras.callbacks.Callback):  # type: ignore[misc] # Keras has no types
    """Writes the same files, tags and steps as Keras's TensorBoard callback; after an error it warns once and stops.

    Keras's callback cannot be used: with several workers its TensorFlow operations wait for the others for ever.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._failed = False
        self._writers: dict[str, Any] = {}

    @classmethod
    def under(cls, log_dir: Path, run: str | None) -> "EpochEvents":
        """Return a callback that writes into a folder of `log_dir`: the name of the run, or the current time."""
        return cls(log_dir / (run or time.strftime("%Y%m%d-%H%M%S")))

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Write the epoch's values."""
        values = logs or {}
        parts = {
            "train": {name: value for name, value in values.items() if not name.startswith(VALIDATION)},
            "validation": {
                name.removeprefix(VALIDATION): value for name, value in values.items() if name.startswith(VALIDATION)
            },
        }
        try:
            for part, values in parts.items():
                self._write(part, epoch, values)
        except (OSError, tf.errors.OpError) as error:
            self._warn(str(error).partition("\n")[0])

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        """Close the files."""
        self._writers.clear()

    def _write(self, part: str, epoch: int, values: Mapping[str, float]) -> None:
        if self._failed:
            return
        if part not in self._writers:
            self._writers[part] = _writer(self._folder / part)
        scalars = [
            tf.compat.v1.Summary.Value(tag=f"epoch_{name}", simple_value=value) for name, value in values.items()
        ]
        event = _event(step=epoch, summary=tf.compat.v1.Summary(value=scalars))
        self._writers[part].write(event.SerializeToString())
        self._writers[part].flush()

    def _warn(self, reason: str) -> None:
        self._failed = True
        log.warning("--log-dir: cannot write events for TensorBoard to %s: %s", self._folder, reason)


def _writer(folder: Path) -> Any:
    folder.mkdir(parents=True, exist_ok=True)
    name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}"
    writer = tf.io.TFRecordWriter(str(folder / name))
    writer.write(_event(file_version=FORMAT).SerializeToString())
    return writer


def _event(**content: Any) -> Any:
    return tf.compat.v1.Event(wall_time=time.time(), **content)
