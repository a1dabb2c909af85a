"""Replays the warm-up requests that are stored with a version, before the version is AVAILABLE."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from google.protobuf.message import DecodeError
from tensorflow.python.framework.errors_impl import DataLossError
from tensorflow.python.lib.io.tf_record import tf_record_iterator
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

from serving.errors import Code, ServingError, invalid
from serving.runtime.predict import DEFAULT_SIGNATURE, predict
from serving.runtime.saved_model import SavedModel

WARMUP_FILE: Final = Path("assets.extra", "tf_serving_warmup_requests")
_MAX_RECORDS: Final = 1000  # tensorflow_model_server's limit


def warm_up(model: SavedModel, file: Path, iterations: int) -> int:
    """Run each request of a version's warm-up file and return their number; raise ServingError."""
    count = 0
    for count, record in enumerate(_records(file), 1):
        if count > _MAX_RECORDS:
            raise invalid(f"Number of warmup records exceeds the maximum ({_MAX_RECORDS}) at {file}")
        for _ in range(iterations):
            _replay(model, record)
    return count


def _records(file: Path) -> Iterator[PredictionLog]:
    try:
        for record in tf_record_iterator(str(file)):
            yield PredictionLog.FromString(record)
    except DataLossError as error:
        raise ServingError(
            Code.DATA_LOSS, f"{error.message}. Please verify your warmup data is in TFRecord format."
        ) from error
    except DecodeError as error:
        raise invalid(f"Failed to parse warmup record: {error} in {file}") from error


def _replay(model: SavedModel, record: PredictionLog) -> None:
    kind = record.WhichOneof("log_type")
    if kind != "predict_log":
        raise ServingError(Code.UNIMPLEMENTED, f"Unsupported log_type for warmup: {kind}")
    request = record.predict_log.request
    predict(model, request.model_spec.signature_name or DEFAULT_SIGNATURE, request.inputs, request.output_filter)
