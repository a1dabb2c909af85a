"""The REST API as a WSGI application: turns a whole request into a status and a body, errors included."""

import gzip
import zlib
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from http.client import responses
from io import BytesIO
from typing import Any, Final

from serving.errors import Code, ServingError, invalid
from serving.logs import unforeseen
from serving.rest.routes import Rest
from serving.rest.text import json_object, string

HTTP_STATUS: Final = {
    Code.OK: 200,
    Code.INVALID_ARGUMENT: 400,
    Code.FAILED_PRECONDITION: 400,
    Code.OUT_OF_RANGE: 400,
    Code.UNAUTHENTICATED: 401,
    Code.PERMISSION_DENIED: 403,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.ABORTED: 409,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.CANCELLED: 499,
    Code.UNKNOWN: 500,
    Code.INTERNAL: 500,
    Code.DATA_LOSS: 500,
    Code.UNIMPLEMENTED: 501,
    Code.UNAVAILABLE: 503,
    Code.DEADLINE_EXCEEDED: 504,
}
_JSON: Final = "application/json"

StartResponse = Callable[[str, list[tuple[str, str]]], object]


class Application:
    """Answers /v1/ by `rest`, and other paths by the plain-text `pages`; `limit` is for unpacked gzip bodies."""

    def __init__(self, rest: Rest, pages: Mapping[str, Callable[[], str]], limit: int) -> None:
        self._rest = rest
        self._pages = pages
        self._limit = limit

    def __call__(self, environ: Mapping[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer a WSGI request (PEP 3333) with waitress's REQUEST_URI."""
        status, content_type, text = self._answer(environ)
        body = text.encode()
        headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
        start_response(f"{status} {responses.get(status, 'Error')}", headers)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    def _answer(self, environ: Mapping[str, Any]) -> tuple[int, str, str]:
        target = environ["REQUEST_URI"]
        if target in self._pages:
            return 200, "text/plain", self._pages[target]()
        if not target.lower().startswith("/v1/"):
            return 404, "text/plain", "This server has only /v1/ and the path of the metrics."
        code = Code.OK
        try:
            text = self._rest.answer(environ["REQUEST_METHOD"], target, partial(_body, environ, self._limit))
        except ServingError as error:
            code, text = error.code, _error(error.message)
        except Exception as error:
            unforeseen(error)
            code, text = Code.INTERNAL, _error("The model server failed; its log says why.")
        return HTTP_STATUS[code], _JSON, text


def _error(message: str) -> str:
    return json_object({"error": string(message)}, 0) if message else ""


def _body(environ: Mapping[str, Any], limit: int) -> bytes:
    body: bytes = environ["wsgi.input"].read()
    if environ.get("HTTP_CONTENT_ENCODING", "").strip().lower() not in ("gzip", "x-gzip"):
        return body
    return unpacked(body, limit)


def unpacked(body: bytes, limit: int) -> bytes:
    """Unpack a gzip body.

    Raises:
        ServingError: INVALID_ARGUMENT if it is damaged, or has more than `limit` bytes unpacked.
    """
    try:
        with gzip.GzipFile(fileobj=BytesIO(body)) as file:
            content = file.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise invalid("The body is not complete gzip data, as its Content-Encoding says") from error
    if len(content) > limit:
        raise invalid(f"The gzip body has more than {limit} bytes unpacked; send fewer instances at a time")
    return content
