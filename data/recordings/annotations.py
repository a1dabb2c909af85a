"""A WFDB record's annotated beats, their classes by AAMI EC57, and which detected peak each of them is."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.recordings.library import load
from data.recordings.wfdb_record import is_wfdb

CLASSES: Final = ("N", "S", "V", "F", "Q")  # a label is a class's place
CLASS_OF: Final[Mapping[str, str]] = {
    **dict.fromkeys("NLRBejn", "N"),  # normal, bundle branch blocks, escape beats
    **dict.fromkeys("AaJS", "S"),  # premature above the ventricles
    **dict.fromkeys("VEr", "V"),  # from a ventricle
    "F": "F",  # a fusion of both
    **dict.fromkeys("/fQ?", "Q"),  # paced, or not to be told
}
LABELLINGS: Final = ("aami", "binary")
ENDING: Final = "atr"
LABEL_SECONDS: Final = 0.15
CLOSE_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Annotations:
    """The annotated beats of a record, ascending."""

    samples: NDArray[np.int64]  # (beats,)
    labels: NDArray[np.int64]  # (beats,): places in CLASSES
    rate: float | None = None  # samples per second that they count in; None for the recording's

    def samples_at(self, rate: float) -> NDArray[np.int64]:
        """Return where the beats are in a lead of that rate, which need not be the annotations' own."""
        return np.asarray(np.rint(self.samples * rate / (self.rate or rate)), np.int64)


def annotation_file(path: Path, ending: str | None) -> Path:
    """Return the path of a record's annotations, whether they are there or not."""
    record = path.with_suffix("") if path.suffix == ".hea" else path
    return record.with_name(f"{record.name}.{ending or ENDING}")


def read_annotations(path: Path, ending: str | None) -> Annotations | None:
    """Read the annotations of a record; None for other files, for `ending` "none", and for a record without any.

    Raises DataError if an ending was given and there is no such file.
    """
    if ending == "none":
        return None
    file = annotation_file(path, ending)
    if not (is_wfdb(path) and file.is_file()):
        if ending is None:
            return None
        raise DataError(f"{file}: no such annotations; they are read of WFDB records only, --annotations none for none")
    wfdb: Any = load("wfdb", path)
    try:
        read = wfdb.rdann(str(file.with_suffix("")), file.suffix.removeprefix("."))
    except Exception as error:
        raise DataError(f"{file}: cannot be read as WFDB annotations ({error})") from None
    known = [symbol in CLASS_OF for symbol in read.symbol]
    labels = [CLASSES.index(CLASS_OF[symbol]) for symbol in read.symbol if symbol in CLASS_OF]
    return Annotations(np.asarray(read.sample, np.int64)[known], np.array(labels, np.int64), read.fs)


def match(peaks: NDArray[np.int64], samples: NDArray[np.int64], reach: float) -> NDArray[np.int64]:
    """Return for each peak the place of its annotated beat, or -1: the nearest, no farther than `reach` samples.

    Of several peaks about one beat the nearest has it.
    """
    found = np.full(len(peaks), -1)
    if not len(samples):
        return found
    places = np.clip(np.searchsorted(samples, peaks), 1, max(len(samples) - 1, 1))
    left, right = samples[places - 1], samples[np.minimum(places, len(samples) - 1)]
    nearest = np.where(peaks - left <= right - peaks, places - 1, np.minimum(places, len(samples) - 1))
    distances = np.abs(peaks - samples[nearest])
    order = np.argsort(-distances, kind="stable")
    near = order[distances[order] <= reach]
    owner = np.full(len(samples), -1)
    owner[nearest[near]] = near  # the nearest comes last, and stays
    found[owner[owner >= 0]] = np.flatnonzero(owner >= 0)
    return found
