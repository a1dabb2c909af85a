"""Files that are no text, named for what they are by their first bytes."""

from pathlib import Path
from typing import Final

from data.errors import DataError

GIVE: Final = "give a text file with one sample per line"
OTHER_FILES: Final = {
    b"PK\x03\x04": "a spreadsheet or ZIP file; export it as CSV",
    b"\xd0\xcf\x11\xe0": "an Excel file; save it as CSV",
    b"%PDF": "a PDF; it holds a picture of the recording, so export the samples as CSV instead",
    b"\x89PNG": f"a picture; {GIVE}",
    b"\xff\xd8\xff": f"a picture; {GIVE}",
    b"\xff\xfe": "UTF-16 text; save it as CSV in UTF-8",
    b"\xfe\xff": "UTF-16 text; save it as CSV in UTF-8",
    b"\x89HDF": f"an HDF5 or MATLAB file; {GIVE}",
    b"MATLAB": f"a MATLAB file; {GIVE}",
    b"<": f"XML or HTML; {GIVE}",
    b"{": f"JSON; {GIVE}",
    b"SCPECG": f"an SCP-ECG file; {GIVE}",
}


def check_kind(path: Path, line: bytes) -> None:
    """DataError if a file's first line is that of a spreadsheet, a picture or another file that is no text."""
    for start, kind in OTHER_FILES.items():
        if line.startswith(start):
            raise DataError(f"{path}: not a table but {kind}")
    if b"\0" in line:
        raise DataError(f"{path}: not text but a binary file, or UTF-16; {GIVE} in UTF-8")
