"""Rejects files that are not readable recordings, with their kind and what to do."""

import gzip
import re
import zlib
from pathlib import Path
from typing import Final

from data.errors import DataError
from data.tables.formats import ARROW, GZIP, LOOKED_AT, PARQUET, kind_of

SAMPLES: Final = "write its samples as CSV, a line per sample, and give that, with --rate if it has no times"
EXPORT: Final = "export its samples as CSV or EDF from the program that made it, and give that"
SHOWN: Final = "it shows a recording and holds no samples; give the recording itself, as CSV or EDF"
UNPACK: Final = "unpack it and give the recording that is in it"
# pattern of a file's kind, and what to do; gateway/static/recording/others.js has the same, so change both
REMEDIES: Final = (
    (r"packed|zip", UNPACK),
    (r"EDF or BDF", "give it with the ending .edf or .bdf if it is such a one, else export it as EDF or CSV"),
    (r"workbook|spreadsheet", "save its sheet as CSV, and give that"),
    (r"NumPy", 'write it with numpy.savetxt("ecg.csv", array, delimiter=","), and give that with --rate'),
    (r"Parquet|Feather|Arrow|pickle", 'write it with pandas, frame.to_csv("ecg.csv", index=False), and give that'),
    (r"MATLAB", "put its WFDB header (.hea) beside it, or write the signal with writematrix and give that with --rate"),
    (r"PDF|picture|video|document|Office|presentation|OpenDocument text", SHOWN),
    (r"web page", "download the file that it links to, and give that"),
    (r"JSON|HDF5", SAMPLES),
)
TEXT: Final = re.compile(rb"[\t\r\n\x20-\x7e\x80-\xff]*")


def refuse_others(path: Path) -> None:
    """Raise DataError if the first bytes, unpacked from gzip, are those of another kind of file."""
    with path.open("rb") as file:
        is_packed = file.read(2) == GZIP
    start = _start(path, is_packed)
    columnar = start.startswith((PARQUET, *ARROW))
    what = "a Parquet or Arrow file" if columnar else kind_of(start)
    if what:
        what += " packed with gzip" if is_packed else ""
        remedy = next((remedy for word, remedy in REMEDIES if re.search(word, what)), EXPORT)
        raise DataError(f"{path}: this is {what}, not a recording that can be read; {remedy}")


def is_text(path: Path) -> bool:
    """Return whether a file begins with printable text and line ends."""
    start = _start(path, False)
    return b"\n" in start and TEXT.fullmatch(start) is not None


def _start(path: Path, is_packed: bool) -> bytes:
    try:
        with gzip.open(path) if is_packed else path.open("rb") as file:
            return bytes(file.read(LOOKED_AT))
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return b""  # the reader raises the error
