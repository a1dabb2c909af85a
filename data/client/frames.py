"""Predictions for the beats of a pandas frame."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.client.columns import check_cut, columns, values
from data.client.gateway import Gateway, Refused, Served
from data.client.in_flight import answered, result
from data.client.rows import Batch
from data.errors import DataError
from data.progress import progress

NOT_SENT: Final = ("label", "group")
log = logging.getLogger(__name__)


def predict(
    frame: pd.DataFrame,
    url: str,
    key: str | None = None,
    details: bool = False,
    batch: int = 256,
    *,
    timeout: float = 120.0,
) -> pd.DataFrame:
    """Send the beats of a frame, one per row, to a gateway and return its predictions with the frame's index.

    The columns of values may be in any order if they have the names of the model's features; otherwise their order is
    kept. There must be as many as the model has features. Columns named `label` and `group` are not sent. The result
    has `predicted_class`, `probability` and `model_version`; with `details` also `abstain`, `unusual`, `unusual_score`
    and `probability_L` for each class label L; and `class_name` if the model has class names.

    `key` is the gateway's API key, `batch` the number of beats per request. A batch is retried for up to `timeout`
    seconds after a temporary error (429, 503, 504, a lost connection).

    Raises DataError if the frame does not fit the model, or the gateway rejects a request or does not answer.
    """
    if batch < 1:
        raise DataError(f"batch={batch}: give 1 or more")
    gateway = Gateway(url, key, timeout, log.warning)
    try:
        served = gateway.model()
        batches = _batches(_features(frame, served), batch)
        rows: list[list[Any]] = []
        names: list[str | None] = []
        with progress("Predicting", len(frame), "beats") as advance:
            for sent, answer in answered(gateway, batches, details):
                try:
                    version, predictions = result(answer)
                except Refused as error:
                    raise DataError(f"{_where(frame, sent, error.beat)}: {error}") from None
                rows += [values(prediction, version, served, details) for prediction in predictions]
                names += [prediction.get("class_name") for prediction in predictions]
                advance(len(predictions))
    finally:
        gateway.close()
    types = {"predicted_class": np.int64, "probability": np.float64, "model_version": np.int64}
    answers = pd.DataFrame(rows, frame.index, list(columns(served, details))).astype(types)
    if any(names):
        answers.insert(1, "class_name", names)
    return answers


def _batches(features: NDArray[np.float32], size: int) -> Iterator[Batch]:
    for start in range(0, len(features), size):
        yield Batch(start + 1, features[start : start + size], None)


def _where(frame: pd.DataFrame, sent: Batch, beat: int | None) -> str:
    first, last = (row - 1 for row in sent.at_fault(beat))
    return f"row {frame.index[first]}" if first == last else f"rows {frame.index[first]} to {frame.index[last]}"


def _features(frame: pd.DataFrame, served: Served) -> NDArray[np.float32]:
    """Return the beats (rows, n) in the model's order of features; DataError if they do not fit the model."""
    chosen = frame.iloc[:, _order([str(name) for name in frame.columns], served)]
    for name, kind in chosen.dtypes.items():
        if kind.kind not in "iuf":
            raise DataError(f"the frame's column {name} has the type {kind}, but must be numeric")
    with np.errstate(over="ignore"):
        features = chosen.to_numpy(np.dtype("<f4"), na_value=np.nan)
    wrong = np.argwhere(~np.isfinite(features))
    if len(wrong):
        row, column = wrong[0]
        raise DataError(
            f"row {frame.index[row]}, column {chosen.columns[column]}: {chosen.iat[row, column]} is not a finite "
            "float32; repair or leave out the row"
        )
    return features


def _order(names: Sequence[str], served: Served) -> list[int]:
    """Return the positions of the model's features among the columns."""
    known = served.names or ()
    places = [place for place, name in enumerate(names) if name not in NOT_SENT or name in known]
    given = [names[place] for place in places]
    if doubled := [name for name, times in Counter(given).items() if times > 1]:
        raise DataError(f"the frame has several columns named {_listed(doubled)}; give each its own name")
    if set(given) == set(known):
        return [names.index(name) for name in known]
    if len(given) == served.width:
        check_cut("the frame", given, served)
    lacking, beside = ([name for name in one if name not in other] for one, other in ((known, given), (given, known)))
    if len(given) != served.width or len(lacking) < len(known):
        differ = f" (missing: {_listed(lacking)}; not in the model: {_listed(beside)})" if known else ""
        raise DataError(
            f"the frame has {len(given)} columns of values, but version {served.version} expects "
            f"{served.width}{differ}; keep only the model's columns, with or without label and group"
        )
    return places


def _listed(names: Sequence[str]) -> str:
    return (", ".join(names[:5]) + (", ..." if len(names) > 5 else "")) or "none"
