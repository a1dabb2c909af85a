"""Prepares a version for serving: loads its SavedModel and runs its warm-up requests."""

import time
from pathlib import Path
from typing import Final

from tensorflow.core.protobuf.config_pb2 import ConfigProto

from serving.errors import ServingError
from serving.flags import Flags
from serving.runtime.saved_model import SavedModel
from serving.runtime.warmup import WARMUP_FILE, warm_up
from serving.telemetry import metrics as names
from serving.telemetry.metrics import Metrics


class Loader:
    """Loads versions by the flags; a Manager calls `loader(model, number, path)`."""

    def __init__(self, flags: Flags, metrics: Metrics) -> None:
        self._tags: Final = [tag for tag in flags.saved_model_tags.split(",") if tag]
        self._iterations: Final = max(1, flags.num_request_iterations_for_warmup) if flags.enable_model_warmup else 0
        self._metrics = metrics
        threads = flags.tensorflow_session_parallelism
        self._config = ConfigProto(
            intra_op_parallelism_threads=threads or flags.tensorflow_intra_op_parallelism,
            # negative means the request's own thread: several times faster for a small model than waking another
            inter_op_parallelism_threads=threads or flags.tensorflow_inter_op_parallelism or -1,
        )

    def __call__(self, model: str, number: int, path: Path) -> SavedModel:
        """Load and warm up a version; raise ServingError."""
        started = time.perf_counter()
        try:
            loaded = SavedModel(path, self._tags, self._config)
        except ServingError:
            self._metrics.add(names.LOAD_ATTEMPTS, model_path=str(path), status="fail")
            raise
        self._metrics.add(names.LOAD_ATTEMPTS, model_path=str(path), status="success")
        self._metrics.add(names.LOAD_LATENCY, (time.perf_counter() - started) * 1e6, model_path=str(path))
        try:
            self._warm_up(loaded, path)
        except BaseException:
            loaded.close()
            raise
        return loaded

    def _warm_up(self, loaded: SavedModel, path: Path) -> None:
        if not self._iterations or not (path / WARMUP_FILE).exists():
            return
        started = time.perf_counter()
        status = "OK"
        try:
            count = warm_up(loaded, path / WARMUP_FILE, self._iterations)
            self._metrics.add(names.WARMUP_RECORDS, count, model_path=str(path), status=status)
        except ServingError as error:
            status = error.code.name
            raise
        finally:
            latency = (time.perf_counter() - started) * 1e6
            self._metrics.observe(names.WARMUP_LATENCY, latency, model_path=str(path), status=status)
