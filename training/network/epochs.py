"""A Keras callback that records the epochs and saves and restores checkpoints."""

import logging
from typing import Any

import keras
import numpy as np

from training.network.checkpoint import Store

log = logging.getLogger(__name__)

STOPPING = ("wait", "best", "best_epoch", "stopped_epoch")


class Epochs(keras.callbacks.Callback):  # type: ignore[misc] # Keras has no types
    """Records each epoch's values and, with a `store`, saves what is needed to resume.

    It must come after `stop` in the list of callbacks, since it saves the state of `stop`.
    """

    def __init__(self, stop: keras.callbacks.EarlyStopping, store: Store | None = None) -> None:
        super().__init__()
        self._stop = stop
        self._store = store
        self._found = store.load() if store else None
        state: dict[str, Any] = self._found[0] if self._found else {"history": {}, "epochs": 0, "ended": False}
        self.history: dict[str, list[float]] = state["history"]
        self.done: int = state["epochs"]
        self.ended: bool = state["ended"]

    def on_train_begin(self, logs: Any = None) -> None:
        """Restore network, optimizer and early stopping from the checkpoint, if there is one."""
        if not self._found:
            return
        state, arrays = self._found
        self.model.set_weights(arrays["weights"])
        self.model.optimizer.build(self.model.trainable_variables)
        for variable, value in zip(self.model.optimizer.variables, arrays["optimizer"], strict=True):
            variable.assign(value)
        for name in STOPPING:
            setattr(self._stop, name, state[name])
        self._stop.best_weights = arrays.get("best")
        log.info("Resuming after epoch %d, from %s", self.done, self._store.path if self._store else "")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Record the epoch's values and save a checkpoint."""
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(float(value))
        self.done, self.ended = epoch + 1, bool(self.model.stop_training)
        if self._store:
            state = {"history": self.history, "epochs": self.done, "ended": self.ended}
            stopping = {name: getattr(self._stop, name) for name in STOPPING}
            weights = {"weights": self.model.get_weights(), "best": self._stop.best_weights or []}
            optimizer = [np.asarray(variable) for variable in self.model.optimizer.variables]
            self._store.save({**state, **stopping}, {**weights, "optimizer": optimizer})
