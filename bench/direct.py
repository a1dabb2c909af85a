"""Calls the SavedModel in this process, one call after another, as a baseline without a server."""

import logging
import os
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.contracts import Beat
from bench.load.generator import CHECK_EVERY
from bench.load.record import WRONG, Outcome, Record, Window


def load(version: str) -> None:
    """Load the SavedModel in the folder `version` before the first call."""
    _loaded(version)


@cache
def _loaded(version: str) -> Any:
    from serving.runtime.tensorflow_import import use_slim_tensorflow

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    use_slim_tensorflow()
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns about the API that a server must use
    from serving.flags import Flags
    from serving.runtime.loader import Loader
    from serving.telemetry.metrics import Metrics

    return Loader(Flags(), Metrics())("ecg", int(Path(version).name), Path(version))


def calls(version: str, beats: Sequence[Beat], window: Window) -> Outcome:
    """Call the SavedModel of the folder `version` with all of `beats` until the end of the window."""
    model, record = _loaded(version), Record()
    features = np.array([beat.features for beat in beats], np.float32)
    while (start := time.monotonic()) < window.end:
        outputs = _called(model, features)
        now = time.monotonic()
        if now in window:
            unchecked = len(record.latencies) % CHECK_EVERY
            record.add(now - start, "" if unchecked or _right(outputs, beats) else WRONG)
    return Outcome.of(record, window.seconds)


def _called(model: Any, features: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """Return all outputs, as for a client without an output filter."""
    signature = model.signatures["serving_default"]
    (tensor,) = signature.inputs.values()
    return dict(zip(signature.outputs, model.run({tensor: features}, list(signature.outputs.values())), strict=True))


def _right(outputs: dict[str, NDArray[Any]], beats: Sequence[Beat]) -> bool:
    labels, probabilities = zip(*((beat.predicted_class, beat.probability) for beat in beats), strict=True)
    same = np.array_equal(outputs["predicted_class"], labels)
    return same and np.allclose(outputs["probability"], probabilities, atol=1e-4)
