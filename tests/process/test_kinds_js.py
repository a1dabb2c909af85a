"""Files that are no text are named alike by the page and by Python: by their first bytes, also out of gzip."""

import gzip
import io
import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from data.errors import DataError
from data.recordings.others import refuse_others
from data.tables.formats import LOOKED_AT, kind_of

SCRIPT = Path(__file__).with_name("kinds.mjs")
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def zipped(*names: str) -> bytes:
    """A zip archive of files with these names, the first as long as Word's."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, "x" * 800)
    return packed.getvalue()


OFFICE = ("[Content_Types].xml", "_rels/.rels")
KINDS = {
    "an Excel workbook": zipped(*OFFICE, "xl/workbook.xml"),
    "a Word document": zipped(*OFFICE, "word/document.xml"),
    "a PowerPoint presentation": zipped(*OFFICE, "ppt/presentation.xml"),
    "an Office file (.xlsx, .docx or .pptx)": zipped(*OFFICE, *map(str, range(9)), "xl/workbook.xml"),
    "a zip archive": zipped("beats.csv"),
    "an Excel workbook of the old kind (.xls)": OLE2 + bytes(504) + b"\x09\x08",
    "a Word document of the old kind (.doc)": OLE2 + bytes(504) + b"\xec\xa5",
    "a MATLAB file": b"MATLAB 7.3 MAT-file",
    "an HDF5 file": b"\x89HDF\r\n\x1a\n",
    "a PDF": b"%PDF-1.7",
    "a picture": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "a video": b"\x00\x00\x00\x18ftypmp42",
    "a sound recording": b"RIFF\x24\x00\x00\x00WAVEfmt ",
    "a web page": b"<!DOCTYPE html><p>",
    "an HL7 annotated ECG (aECG)": b'\xef\xbb\xbf<?xml version="1.0"?>\n<AnnotatedECG xmlns="urn:hl7-org:v3">',
    "an ECG as XML": b'<?xml version="1.0"?>\n<RestingECG>',
    "XML": b"<?xml version='1.0'?><report/>",
    "JSON": b'{"beats": []}',
    "a Feather file of version 1": b"FEA1\x00\x00",
    "an EDF or BDF recording": b"0".ljust(168) + b"01.02.2020.30.40512     ",
    "an SCP-ECG recording": bytes(16) + b"SCPECG",
    "an ISHNE Holter recording": b"ISHNE1.0",
    "a GDF recording": b"GDF 2.20",
    "a DICOM file": bytes(128) + b"DICM",
    "a packed file": b"\xfd7zXZ\x00",
}
TEXT = (b"0.1,0.2\n", b"FEA1,FEA2,label\n", b"word/s,ppt/s\n", b"<0.1,0.2\n", b"")


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """What the page calls each start of a file, as it is and packed."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed, which runs the page's modules")
    folder = tmp_path_factory.mktemp("kinds")
    starts = [*KINDS.values(), *TEXT]
    files = [folder / f"{number}" for number in range(2 * len(starts))]
    for file, content in zip(files, [*starts, *map(gzip.compress, starts)], strict=True):
        file.write_bytes(content)
    ended = subprocess.run([program, SCRIPT, *files], check=True, capture_output=True, timeout=60)
    return list(zip(files, json.loads(ended.stdout), strict=True))


def test_the_page_and_python_say_the_same(named):
    right = [*KINDS, *[None for _ in TEXT]]
    assert [kind_of(start[:LOOKED_AT]) for start in (*KINDS.values(), *TEXT)] == right
    plain, packed = named[: len(right)], named[len(right) :]
    for kinds, is_packed in ((plain, False), (packed, True)):
        assert [kind and kind["what"] for _, kind in kinds] == right
        assert {kind["isPacked"] for _, kind in kinds if kind} == {is_packed}


def test_a_compressed_recording_is_rejected_by_its_kind(named):
    packed = named[len(KINDS) + len(TEXT) :]
    for (file, _), what in zip(packed, KINDS, strict=False):
        with pytest.raises(DataError) as caught:
            refuse_others(file)
        assert f"this is {what} packed with gzip, not a recording that can be read; unpack it" in str(caught.value)
