"""Downloads one URL to a partial file, which a later attempt can resume."""

import os
import time
from contextlib import suppress
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path
from typing import Final

from requests import RequestException, Response, Session
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema
from urllib3.exceptions import HTTPError, LocationValueError

from data.errors import DataError
from data.http import cause, open_session
from data.progress import progress

CHUNK_BYTES: Final = 1 << 16


def fetch(url: str, part: Path, timeout: float, deadline: float = float("inf")) -> None:
    """Download a URL to the file `part`, resuming from what it already holds.

    `timeout` is the maximum time in seconds without data, `deadline` the time.monotonic() at which to give up. Raises
    DataError if the download fails; what has arrived stays in `part`.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open_session() as session:
            response, offset = _open(session, url, part, timeout)
            with response:
                if not response.ok:
                    raise DataError(
                        f"{url}: the server answers {response.status_code} {response.reason}; check the address"
                    )
                _save(response, part, offset, deadline)
    except (InvalidSchema, InvalidURL, MissingSchema, LocationValueError) as error:
        raise DataError(f"{url}: not an address to fetch from ({cause(error)}); give http://HOST/FILE") from None
    except (RequestException, HTTPError) as error:
        raise DataError(
            f"{url}: the download stopped after {_arrived(part)} bytes ({cause(error)}); "
            "run the same command again to resume, or try another address"
        ) from error
    except OSError as error:
        raise DataError(
            f"{part}: cannot be written after {_arrived(part)} bytes ({error.strerror}); "
            "check the disk and run the same command again to resume"
        ) from error


def _arrived(part: Path) -> str:
    return f"{part.stat().st_size if part.exists() else 0:,}"


def _open(session: Session, url: str, part: Path, timeout: float) -> tuple[Response, int]:
    """Return a response and the offset in `part` of its body."""
    rest = _ask_for_rest(session, url, part, timeout) if part.exists() and part.stat().st_size else None
    if rest is None:
        return _ask(session, url, {}, timeout), 0
    return rest, part.stat().st_size if rest.status_code == 206 else 0


def _ask_for_rest(session: Session, url: str, part: Path, timeout: float) -> Response | None:
    """Request the rest of the file; None if the server cannot resume it, or the file has changed."""
    offset = part.stat().st_size
    # _save sets the partial file's time to the remote file's. A killed process leaves another time: no resuming.
    since = formatdate(part.stat().st_mtime, usegmt=True)
    response = _ask(session, url, {"Range": f"bytes={offset}-", "If-Range": since}, timeout)
    # some servers ignore If-Range
    starts = response.headers.get("Content-Range", "").startswith(f"bytes {offset}-")
    is_rest = starts and response.headers.get("Last-Modified") == since
    if response.status_code == 416 or (response.status_code == 206 and not is_rest):
        response.close()
        return None
    return response


def _ask(session: Session, url: str, headers: dict[str, str], timeout: float) -> Response:
    # a compressed response cannot be resumed
    return session.get(url, headers={"Accept-Encoding": "identity", **headers}, timeout=timeout, stream=True)


def _save(response: Response, part: Path, offset: int, deadline: float) -> None:
    length = response.headers.get("Content-Length", "")
    total = offset + int(length) if length.isdecimal() else None
    with part.open("r+b" if offset else "wb") as file, progress("Downloading", total, "bytes") as advance:
        file.seek(offset)
        advance(offset)
        try:
            while chunk := response.raw.read1(CHUNK_BYTES):  # any amount that has arrived
                file.write(chunk)
                advance(len(chunk))
                if time.monotonic() > deadline:
                    raise RequestException("it takes too long")
        finally:
            file.flush()
            with suppress(ValueError):  # without a valid date the next attempt starts over
                seconds = parsedate_to_datetime(response.headers.get("Last-Modified", "")).timestamp()
                os.utime(part, (seconds, seconds))
