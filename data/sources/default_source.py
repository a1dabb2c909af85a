"""The default source of beats for training: a file or a download of real beats, else synthetic ones."""

import logging
import time
from pathlib import Path
from threading import Thread
from typing import Final

from data.errors import DataError
from data.sources.download import SOURCES, Source, download

log = logging.getLogger(__name__)

LIMIT_SECONDS: Final = 5.0  # for the download; chosen by hand


def default_beats(folder: Path, source: Source = SOURCES["ecg"], limit: float = LIMIT_SECONDS) -> Path:
    """Return the path of beats in `folder`; else download them within `limit` seconds, or generate them."""
    for path in (folder / "ecg.csv", folder / "ecg.csv.gz"):
        if path.exists():
            log.info("Using %s", path)
            return path
    failure = _try_download(source, folder, limit)
    if failure is None:
        return folder / "ecg.csv"
    path = folder / "generated.csv"
    log.warning("No real data: %s", failure)
    if not path.exists():
        # Imported here because loading the simulator takes seconds.
        from data.sources.generate import Recipe, generate

        generate(path, Recipe())
    log.warning("Using SYNTHETIC beats, made by a simulator: %s", path)
    return path


def _try_download(source: Source, folder: Path, limit: float) -> str | None:
    """Download for at most `limit` seconds; return the reason of a failure, or None."""
    failure = f"{source.url} was not downloaded within {limit:g} seconds"
    finished = False

    def run() -> None:
        nonlocal failure, finished
        try:
            download(source, folder, timeout=limit, deadline=time.monotonic() + limit)
            finished = True
        except (DataError, OSError) as error:
            failure = str(error)

    # a DNS lookup cannot be interrupted, but a daemon thread can be abandoned
    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(limit)
    return None if finished else failure
