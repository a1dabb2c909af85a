"""Identifies files by their first bytes: readable tables, or other kinds with advice on what to do."""

import re
from pathlib import Path
from typing import Final

from data.errors import DataError
from data.program import RUN

LOOKED_AT: Final = 4096  # bytes; Word files need so many before a name shows their kind
GZIP: Final = b"\x1f\x8b"
PARQUET: Final = b"PAR1"
ARROW: Final = (b"ARROW1", b"\xff\xff\xff\xff")  # an Arrow file, and an Arrow stream
UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")

_SHEET: Final = "save its sheet as CSV"
_UNPACK: Final = "unpack it and give the file of beats that is in it"
_ARRAY: Final = "write the array as CSV with numpy.savetxt, one beat per line"
_MATLAB: Final = "write the matrix as CSV with writematrix, one beat per line"
_FRAME: Final = "write it as CSV or Parquet with pandas"
_RECORDING: Final = f"name it .edf and cut it into beats with {RUN} data beats"
_EXPORT: Final = "export its samples as CSV or EDF"
_TRACE: Final = "give its values as CSV"
# pattern at the start, kind of file, what to do; gateway/static/tables/kinds.js has the same, so change both
_OTHERS: Final = (
    (rb"PK\x03\x04.*xl/", "an Excel workbook", _SHEET),
    (rb"PK\x03\x04.*word/", "a Word document", _TRACE),
    (rb"PK\x03\x04.*ppt/", "a PowerPoint presentation", _TRACE),
    (rb"PK\x03\x04.*\[Content_Types\]\.xml", "an Office file (.xlsx, .docx or .pptx)", _TRACE),
    (rb"PK\x03\x04.*opendocument\.spreadsheet", "an OpenDocument spreadsheet", _SHEET),
    (rb"PK\x03\x04.*opendocument\.text", "an OpenDocument text", _TRACE),
    (rb"PK\x03\x04.{26}[^/]{1,200}\.npy", "NumPy arrays (.npz)", _ARRAY),
    (rb"PK[\x03\x05]", "a zip archive", _UNPACK),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1.{504}\xec\xa5", "a Word document of the old kind (.doc)", _TRACE),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook of the old kind (.xls)", _SHEET),
    (rb"\x93NUMPY", "a NumPy array (.npy)", _ARRAY),
    (rb"MATLAB \d", "a MATLAB file", _MATLAB),
    (rb"\x89HDF\r\n\x1a\n", "an HDF5 file", "write its table as CSV or Parquet, one beat per row"),
    (rb"%PDF-", "a PDF", _TRACE),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|II\*\x00|MM\x00\*|RIFF.{4}WEBP|BM.{4}\x00{4}", "a picture", _TRACE),
    (rb"\x00.{3}ftyp(heic|heix|mif1|avif)", "a picture", _TRACE),
    (rb"\x00.{3}ftyp|RIFF.{4}AVI |\x1a\x45\xdf\xa3", "a video", _TRACE),
    (rb"RIFF.{4}WAVE|OggS|fLaC", "a sound recording", _EXPORT),
    (rb"(?i)\s*(<!doctype html|<html)", "a web page", "download the file that it links to"),
    (rb"(\xef\xbb\xbf)?\s*(<\?xml.*)?<([\w-]+:)?AnnotatedECG", "an HL7 annotated ECG (aECG)", _EXPORT),
    (rb"(?i)(\xef\xbb\xbf)?\s*(<\?xml.*)?<([\w-]+:)?(restingecg|cardiologyxml|ecg)", "an ECG as XML", _EXPORT),
    (rb"(\xef\xbb\xbf)?\s*(<(\?xml|!--|!DOCTYPE svg).*)?<svg", "a picture", _TRACE),
    (rb"(\xef\xbb\xbf)?\s*<\?xml", "XML", "export its values as CSV"),
    (rb"\s*(\{\s*[\"}]|\[\s*([\[{\"]|[\d.e+-]+\s*[,\]]))", "JSON", "write its values as CSV"),
    (rb"\{\\rtf", "an RTF document", "save it as plain text"),
    (rb"\x80[\x02-\x05]", "a Python pickle", _FRAME),
    (rb"FEA1\x00", "a Feather file of version 1", "write it anew with pandas, or as Parquet"),
    (rb"RD[AX]\d\n|[XAB]\n\x00", "an R data file", "write the table with write.csv(..., row.names = FALSE)"),
    (rb"SQLite format 3\x00", "an SQLite database", "export the table of beats as CSV"),
    (rb"0       .{160}(\d\d\.\d\d\.\d\d){2}\d+ |\xffBIOSEMI", "an EDF or BDF recording", _RECORDING),
    (rb"SCPECG|.{16}SCPECG", "an SCP-ECG recording", _EXPORT),
    (rb"ISHNE1\.0|ANN  1\.0", "an ISHNE Holter recording", _EXPORT),
    (rb"GDF [12]\.\d\d", "a GDF recording", _EXPORT),
    (rb".{128}DICM", "a DICOM file", "export its waveform as CSV or EDF"),
    (rb"PAR1|ARROW1", "a Parquet or Arrow file packed with gzip", "unpack it with gunzip"),
    (rb"BZh\d|\xfd7zXZ|\x28\xb5\x2f\xfd|7z\xbc\xaf|Rar!|.{257}ustar", "a packed file", _UNPACK),
)
_PATTERNS: Final = tuple((re.compile(pattern, re.DOTALL), what, remedy) for pattern, what, remedy in _OTHERS)


def is_columnar(path: Path) -> bool:
    """Return whether a file is Parquet or Arrow; False if it cannot be opened."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return file.read(8).startswith((PARQUET, *ARROW))
    except OSError:
        return False


def kind_of(start: bytes) -> str | None:
    """Return the kind of a file by its first bytes, such as `a PDF`; None for text and unknown kinds."""
    return next((what for pattern, what, _ in _PATTERNS if pattern.match(start)), None)


def refuse_others(path: Path, start: bytes) -> None:
    """Raise DataError if a file's first bytes, unpacked from gzip, are not those of a text table."""
    for pattern, what, remedy in _PATTERNS:
        if pattern.match(start):
            raise DataError(f"{path}: this is {what}, not a table that can be read; {remedy}")
