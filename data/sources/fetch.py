"""Fetches one URL into a partial file that a later attempt goes on from; knows nothing of what is fetched."""

import os
import time
from email.utils import formatdate, parsedate_to_datetime
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Final
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from data.errors import DataError
from data.progress import progress

CHUNK_BYTES: Final = 1 << 16


def fetch(url: str, part: Path, timeout: float, deadline: float = float("inf")) -> None:
    """Make `part` the whole of what the URL holds, going on from what is in it already, or raise DataError.

    `timeout` is how many seconds the server may be silent, `deadline` the time.monotonic() at which to give up.
    What has arrived stays in `part`, unless the server has nothing there.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        response, offset = _open(url, part, timeout)
        with response:
            _save(response, part, offset, deadline)
    except HTTPError as error:
        error.close()
        raise DataError(f"{url}: the server answers {error.code} {error.reason}; check the address") from None
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        arrived = part.stat().st_size if part.exists() else 0
        raise DataError(
            f"{url}: the download stopped after {arrived:,} bytes ({reason}); "
            "run the same command again to go on, or try another address"
        ) from error


def _open(url: str, part: Path, timeout: float) -> tuple[HTTPResponse, int]:
    """Return a response and the position in `part` at which its body belongs."""
    rest = _open_rest(url, part, timeout) if part.exists() and part.stat().st_size else None
    return rest or (urlopen(url, timeout=timeout), 0)


def _open_rest(url: str, part: Path, timeout: float) -> tuple[HTTPResponse, int] | None:
    """Ask for what `part` lacks; None if there is no such thing, so that the whole is to be asked for."""
    offset = part.stat().st_size
    # _save gives the partial file the remote file's time; what a killed process leaves has another and is not used.
    since = formatdate(part.stat().st_mtime, usegmt=True)
    try:
        response = urlopen(Request(url, headers={"Range": f"bytes={offset}-", "If-Range": since}), timeout=timeout)
    except HTTPError as error:
        if error.code != 416:
            raise
        error.close()
        return None
    if response.status != 206:
        return response, 0
    # not every server heeds If-Range
    starts = str(response.headers["Content-Range"]).startswith(f"bytes {offset}-")
    if starts and response.headers["Last-Modified"] == since:
        return response, offset
    response.close()
    return None


def _save(response: HTTPResponse, part: Path, offset: int, deadline: float) -> None:
    length = response.headers["Content-Length"]
    total = None if length is None else offset + int(length)
    with part.open("r+b" if offset else "wb") as file, progress("Downloading", total, "bytes") as advance:
        file.seek(offset)
        advance(offset)
        try:
            while chunk := response.read1(CHUNK_BYTES):
                file.write(chunk)
                advance(len(chunk))
                if time.monotonic() > deadline:
                    raise TimeoutError("it takes too long")
        finally:
            file.flush()
            if changed := response.headers["Last-Modified"]:
                seconds = parsedate_to_datetime(changed).timestamp()
                os.utime(part, (seconds, seconds))
        if total is not None and file.tell() != total:
            raise ConnectionError(f"the server closed the connection before byte {total:,}")
