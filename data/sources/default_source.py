"""Finds beats to train on when nobody names a file: real ones if there is any way, else synthetic ones."""

import logging
import time
from pathlib import Path
from threading import Thread
from typing import Final

from data.errors import DataError
from data.sources.download import SOURCES, Source, download

log = logging.getLogger(__name__)

LIMIT_SECONDS: Final = 5.0


def provide(folder: Path, source: Source = SOURCES["ecg"], limit: float = LIMIT_SECONDS) -> Path:
    """Return the path of beats in `folder`; if need be they are downloaded within `limit` seconds, else generated."""
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
        # imported here because the simulator takes seconds to load
        from data.sources.generate import Recipe, generate

        generate(path, Recipe())
    log.warning("Using SYNTHETIC beats, made by a simulator: %s", path)
    return path


def _try_download(source: Source, folder: Path, limit: float) -> str | None:
    """Return why there is no file after `limit` seconds, or None if there is one."""
    failure = f"{source.url} was not fetched within {limit:g} seconds"
    finished = False

    def run() -> None:
        nonlocal failure, finished
        try:
            download(source, folder, timeout=limit, deadline=time.monotonic() + limit)
            finished = True
        except (DataError, OSError) as error:
            failure = str(error)

    # looking up a name cannot be interrupted: a thread can be left behind
    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(limit)
    return None if finished else failure
