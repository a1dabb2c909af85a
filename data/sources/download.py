"""Downloads the public data sets; a file gets its name only after its rows, columns and classes were checked."""

import logging
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from data.errors import DataError
from data.sources.fetch import fetch
from data.tables.reader import read_beats

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """The expected content of a file."""

    name: str
    label: str  # "first" or "last"
    classes: Mapping[int, int]  # rows by class label
    values: int = 140  # per row, without the label


@dataclass(frozen=True, slots=True)
class Source:
    """The source of files: one URL, of either the only file or a zip archive with all files as .txt."""

    url: str
    fetched: str  # file name of the URL's content
    files: tuple[Known, ...]


SOURCES: Final[Mapping[str, Source]] = {
    "ecg": Source(
        "http://storage.googleapis.com/download.tensorflow.org/data/ecg.csv",
        "ecg.csv",
        (Known("ecg.csv", "last", {0: 2079, 1: 2919}),),
    ),
    "ecg5000": Source(
        "https://www.timeseriesclassification.com/aeon-toolkit/ECG5000.zip",
        "ECG5000.zip",
        (
            Known("ECG5000_TRAIN.tsv", "first", {1: 292, 2: 177, 3: 10, 4: 19, 5: 2}),
            Known("ECG5000_TEST.tsv", "first", {1: 2627, 2: 1590, 3: 86, 4: 175, 5: 22}),
        ),
    ),
}


def download(source: Source, folder: Path, timeout: float, deadline: float = float("inf")) -> list[Path]:
    """Download and check the source's files in `folder` and return their paths.

    `timeout` and `deadline` are those of `fetch`. A later call resumes a partial download. Raises DataError if the
    download fails or the content is not the expected one.
    """
    part = folder / f"{source.fetched}.part"
    staged = [folder / f"{known.name}.part" for known in source.files]
    log.info("Downloading %s", source.url)
    fetch(source.url, part, timeout, deadline)
    try:
        if source.fetched.endswith(".zip"):
            _unpack(part, staged)
        for path, known in zip(staged, source.files, strict=True):
            _check(path, known)
        return [path.replace(folder / known.name) for path, known in zip(staged, source.files, strict=True)]
    except DataError as error:
        raise DataError(
            f"{source.url} has other content than expected: {error}; nothing was kept; try another --url"
        ) from None
    finally:
        for path in (part, *staged):
            path.unlink(missing_ok=True)


def _unpack(archive: Path, staged: list[Path]) -> None:
    """Write the archive's text files, whose values are separated by spaces, as TSV."""
    try:
        with zipfile.ZipFile(archive) as texts:
            for path in staged:
                with texts.open(path.name.removesuffix(".tsv.part") + ".txt") as text, path.open("wb") as table:
                    table.writelines(b"\t".join(line.split()) + b"\n" for line in text)
    except (KeyError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise DataError(f"not the expected zip file ({error})") from None


def _check(path: Path, known: Known) -> None:
    beats = read_beats(path, known.label)
    classes, rows = np.unique(beats.labels, return_counts=True)
    found = dict(zip(classes.tolist(), rows.tolist(), strict=True))
    if (len(beats.feature_names), found) != (known.values, known.classes):
        raise DataError(
            f"{known.name} has {len(beats.feature_names)} values per row and these rows per class: {found}; "
            f"expected {known.values} and {known.classes}"
        )
    log.info("%s: %d rows of %d values, rows per class %s, as expected", known.name, sum(rows), known.values, found)
