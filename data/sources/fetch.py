"""Fetches one URL into a partial file that a later attempt goes on from; knows nothing of what is fetched."""

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
    """Make `part` the whole of what the URL holds, going on from what is in it already, or raise DataError.

    `timeout` is how many seconds the server may be silent, `deadline` the time.monotonic() at which to give up.
    What has arrived stays in `part`, unless the server has nothing there.
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
            "run the same command again to go on, or try another address"
        ) from error
    except OSError as error:
        raise DataError(
            f"{part}: cannot be written after {_arrived(part)} bytes ({error.strerror}); "
            "see to the disk and run the same command again to go on"
        ) from error


def _arrived(part: Path) -> str:
    return f"{part.stat().st_size if part.exists() else 0:,}"


def _open(session: Session, url: str, part: Path, timeout: float) -> tuple[Response, int]:
    """Return a response and the position in `part` at which its body belongs."""
    rest = _ask_for_rest(session, url, part, timeout) if part.exists() and part.stat().st_size else None
    if rest is None:
        return _ask(session, url, {}, timeout), 0
    return rest, part.stat().st_size if rest.status_code == 206 else 0


def _ask_for_rest(session: Session, url: str, part: Path, timeout: float) -> Response | None:
    """Ask for what `part` lacks; None if there is no such thing, so that the whole is to be asked for."""
    offset = part.stat().st_size
    # _save gives the partial file the remote file's time; what a killed process leaves has another and is not used.
    since = formatdate(part.stat().st_mtime, usegmt=True)
    response = _ask(session, url, {"Range": f"bytes={offset}-", "If-Range": since}, timeout)
    # not every server heeds If-Range
    starts = response.headers.get("Content-Range", "").startswith(f"bytes {offset}-")
    is_rest = starts and response.headers.get("Last-Modified") == since
    if response.status_code == 416 or (response.status_code == 206 and not is_rest):
        response.close()
        return None
    return response


def _ask(session: Session, url: str, headers: dict[str, str], timeout: float) -> Response:
    # in a compressed answer there is no place from which to go on
    return session.get(url, headers={"Accept-Encoding": "identity", **headers}, timeout=timeout, stream=True)


def _save(response: Response, part: Path, offset: int, deadline: float) -> None:
    length = response.headers.get("Content-Length", "")
    total = offset + int(length) if length.isdecimal() else None
    with part.open("r+b" if offset else "wb") as file, progress("Downloading", total, "bytes") as advance:
        file.seek(offset)
        advance(offset)
        try:
            while chunk := response.raw.read1(CHUNK_BYTES):  # as it comes, however little that is
                file.write(chunk)
                advance(len(chunk))
                if time.monotonic() > deadline:
                    raise RequestException("it takes too long")
        finally:
            file.flush()
            with suppress(ValueError):  # without a valid date the next attempt starts anew
                seconds = parsedate_to_datetime(response.headers.get("Last-Modified", "")).timestamp()
                os.utime(part, (seconds, seconds))
