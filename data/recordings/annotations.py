"""The annotated beats of a recording, their classes by AAMI EC57, and which detected peak each of them is."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.recordings.library import load
from data.recordings.wfdb.header import read_header
from data.recordings.wfdb.record import header_of, is_wfdb, record_of

CLASSES: Final = ("N", "S", "V", "F", "Q")  # a label is a class's place
CLASS_OF: Final[Mapping[str, str]] = {
    **dict.fromkeys("NLRBejn", "N"),  # normal, bundle branch blocks, escape beats
    **dict.fromkeys("AaJS", "S"),  # premature above the ventricles
    **dict.fromkeys("VEr", "V"),  # from a ventricle
    "F": "F",  # a fusion of both
    **dict.fromkeys("/fQ?", "Q"),  # paced, or not to be told
}
LABELLINGS: Final = ("aami", "binary", "symbols")
PACED: Final = "/"
ENDING: Final = "atr"
LABEL_SECONDS: Final = 0.15
CLOSE_SECONDS: Final = 0.05

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Annotations:
    """The annotated beats of a recording, strictly ascending."""

    samples: NDArray[np.int64]  # (beats,)
    symbols: Sequence[str]  # WFDB's, of which each is in CLASS_OF
    rate: float | None = None  # samples per second that they count in; None for the recording's

    def samples_at(self, rate: float) -> NDArray[np.int64]:
        """Return where the beats are in a lead of that rate, which need not be the annotations' own."""
        return np.asarray(np.rint(self.samples * rate / (self.rate or rate)), np.int64)

    def labels(self, labelling: str) -> list[str]:
        """Return the beats' labels: classes of AAMI by number, 1 for N and 0 for others, or WFDB's symbols."""
        if labelling == "symbols":
            return list(self.symbols)
        classes = [CLASS_OF[symbol] for symbol in self.symbols]
        if labelling == "binary":
            return [str(int(name == "N")) for name in classes]
        return [str(CLASSES.index(name)) for name in classes]

    @property
    def paced(self) -> float:
        """The share of the beats that are paced."""
        return self.symbols.count(PACED) / max(len(self.symbols), 1)


def annotation_file(path: Path, ending: str | None) -> Path:
    """Return the path of a recording's annotations, whether they are there or not."""
    record = record_of(path) if is_wfdb(path) else path
    return record.with_name(f"{record.name}.{ending or ENDING}")


def read_annotations(path: Path, ending: str | None) -> Annotations | None:
    """Read the annotations of a recording, which are in a file of WFDB's: 100.atr of 100.hea, r01.edf.qrs of r01.edf.

    None for `ending` "none", and without an ending for a recording that has no .atr file. Raises DataError if an ending
    was given and there is no such file, or none of its annotations is of a beat.
    """
    file = annotation_file(path, ending)
    if ending == "none" or (ending is None and not file.is_file()):
        return None
    if not file.is_file():
        raise DataError(f"{file}: no such annotations; give the ending of a file that is there, or --annotations none")
    wfdb: Any = load("wfdb", path)
    try:
        read = wfdb.rdann(str(file.with_suffix("")), file.suffix.removeprefix("."))
    except Exception as error:
        raise DataError(f"{file}: cannot be read as WFDB annotations ({error}); get the file again") from None
    beats = {
        sample: symbol for sample, symbol in zip(read.sample.tolist(), read.symbol, strict=True) if symbol in CLASS_OF
    }
    if not beats:
        raise DataError(f"{file}: none of its {len(read.symbol)} annotations is of a beat; --annotations none for none")
    samples = sorted(beats)
    # the package reads a rate from headers as the specification has them
    rate = read.fs or (read_header(header_of(path)).rate if is_wfdb(path) else None)
    return Annotations(np.array(samples, np.int64), [beats[sample] for sample in samples], rate)


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
