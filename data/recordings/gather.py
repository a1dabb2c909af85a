"""Finds the recordings of a command line, also in folders, and names them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from data.errors import DataError
from data.recordings.lead import EDF_ENDINGS, TABLE_ENDINGS
from data.recordings.wfdb.header import read_header
from data.recordings.wfdb.record import is_wfdb, record_of


def recordings_of(paths: Sequence[Path]) -> Mapping[str, Path]:
    """Return the recordings by name: the file name without folder and extension.

    A folder means its WFDB records and EDF files in order of name, or, if it has none, its CSV files. Raises DataError
    for a folder without recordings, and for two recordings with the same name.
    """
    found: dict[str, Path] = {}
    for path in paths:
        for recording in _in_folder(path) if path.is_dir() else [path]:
            other = found.setdefault(name_of(recording), recording)
            if _without_ending(other) != _without_ending(recording):
                raise DataError(
                    f"{recording}: has the same name as {other}, so their beats could not be distinguished; rename one"
                )
    return found


def name_of(recording: Path) -> str:
    """Return a recording's name for tables."""
    if is_wfdb(recording):
        return record_of(recording).name
    endings = [ending for ending in (*EDF_ENDINGS, *TABLE_ENDINGS) if recording.name.lower().endswith(ending)]
    return recording.name[: -len(max(endings, key=len))] if endings else recording.name


def _without_ending(recording: Path) -> Path:
    """Return the same path for a record's header, its signal file and its name without extension."""
    return (record_of(recording) if is_wfdb(recording) else recording).resolve()


def _in_folder(folder: Path) -> list[Path]:
    files = sorted(path for path in folder.iterdir() if path.is_file())
    headers = [path for path in files if path.suffix.lower() == ".hea"]
    segments = {name for header in headers for name in _segments(header)}
    whole = [path for path in headers if path.stem not in segments]
    recordings = sorted([*whole, *(path for path in files if path.name.lower().endswith(EDF_ENDINGS))])
    recordings = recordings or [path for path in files if path.name.lower().endswith(TABLE_ENDINGS)]
    if not recordings:
        raise DataError(f"{folder}: no recording in this folder; give one with .hea, .edf, .bdf, .csv or .tsv files")
    return recordings


def _segments(header: Path) -> list[str]:
    try:
        return [name for name, _ in read_header(header).segments]
    except DataError:
        return []  # reading the record raises the error
