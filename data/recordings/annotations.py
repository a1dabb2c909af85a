"""The annotated beats of a recording, their classes by AAMI EC57, and their match with detected peaks."""

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

CLASSES: Final = ("N", "S", "V", "F", "Q")  # a label is the index of its class
CLASS_OF: Final[Mapping[str, str]] = {
    **dict.fromkeys("NLRBejn", "N"),  # normal, bundle branch blocks, escape beats
    **dict.fromkeys("AaJS", "S"),  # premature above the ventricles
    **dict.fromkeys("VEr", "V"),  # from a ventricle
    "F": "F",  # a fusion of both
    **dict.fromkeys("/fQ?", "Q"),  # paced, or unclassifiable
}
LABELLINGS: Final = ("aami", "binary", "symbols")
PACED: Final = "/"
ENDING: Final = "atr"
LABEL_SECONDS: Final = 0.15  # maximum distance of a peak from its beat, as AAMI EC57 has it
CLOSE_SECONDS: Final = 0.05  # chosen by hand

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Annotations:
    """The annotated beats of a recording, strictly ascending."""

    samples: NDArray[np.int64]  # (beats,)
    symbols: Sequence[str]  # WFDB's symbols, all of them keys of CLASS_OF
    rate: float | None = None  # samples per second of `samples`; None for the recording's rate

    def samples_at(self, rate: float) -> NDArray[np.int64]:
        """Return the beats' sample numbers in a lead with another rate."""
        return np.asarray(np.rint(self.samples * rate / (self.rate or rate)), np.int64)

    def labels(self, labelling: str) -> list[str]:
        """Return the beats' labels: "aami" by number, "binary" (1 for N, 0 for others), or "symbols" of WFDB."""
        if labelling == "symbols":
            return list(self.symbols)
        classes = [CLASS_OF[symbol] for symbol in self.symbols]
        if labelling == "binary":
            return [str(int(name == "N")) for name in classes]
        return [str(CLASSES.index(name)) for name in classes]

    @property
    def paced(self) -> float:
        """The share of paced beats."""
        return self.symbols.count(PACED) / max(len(self.symbols), 1)


def annotation_file(path: Path, ending: str | None) -> Path:
    """Return the path of a recording's annotation file, which need not exist."""
    record = record_of(path) if is_wfdb(path) else path
    return record.with_name(f"{record.name}.{ending or ENDING}")


def read_annotations(path: Path, ending: str | None) -> Annotations | None:
    """Read a recording's WFDB annotation file, such as 100.atr for 100.hea or r01.edf.qrs for r01.edf.

    Returns None for `ending` "none", and without an ending if there is no .atr file. Raises DataError if the file for a
    given ending does not exist, cannot be read, or has no annotated beats.
    """
    file = annotation_file(path, ending)
    if ending == "none" or (ending is None and not file.is_file()):
        return None
    if not file.is_file():
        raise DataError(
            f"{file}: no such annotation file; give the extension of an existing file, or --annotations none"
        )
    wfdb: Any = load("wfdb", path)
    try:
        read = wfdb.rdann(str(file.with_suffix("")), file.suffix.removeprefix("."))
    except Exception as error:
        raise DataError(f"{file}: cannot be read as WFDB annotations ({error}); get the file again") from None
    beats = {
        sample: symbol for sample, symbol in zip(read.sample.tolist(), read.symbol, strict=True) if symbol in CLASS_OF
    }
    if not beats:
        raise DataError(
            f"{file}: none of its {len(read.symbol)} annotations is a beat; leave them out with --annotations none"
        )
    samples = sorted(beats)
    # wfdb reads the rate only from headers that follow the specification exactly
    rate = read.fs or (read_header(header_of(path)).rate if is_wfdb(path) else None)
    return Annotations(np.array(samples, np.int64), [beats[sample] for sample in samples], rate)


def match(peaks: NDArray[np.int64], samples: NDArray[np.int64], reach: float) -> NDArray[np.int64]:
    """Return for each peak (peaks,) the index of the nearest annotated beat within `reach` samples, or -1.

    A beat belongs only to the nearest of several peaks.
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
    owner[nearest[near]] = near  # the nearest peak comes last and overwrites the others
    found[owner[owner >= 0]] = np.flatnonzero(owner >= 0)
    return found
