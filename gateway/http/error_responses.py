"""Turns errors into HTTP responses of one shape; the only file with the status codes of errors."""

import json
import logging
from math import ceil
from typing import Any, Final

from werkzeug.exceptions import HTTPException

from gateway import errors
from gateway.exchange import Headers, Request, Response
from gateway.telemetry import logs

RETRY_AFTER_SECONDS: Final = "1"  # of every 503; chosen by hand
STATUS: Final[dict[type[errors.GatewayError], int]] = {
    errors.InvalidBeat: 400,
    errors.Unauthorized: 401,
    errors.NoSuchPath: 404,
    errors.NotHere: 404,
    errors.VersionNotFound: 404,
    errors.ModelNotFound: 404,
    errors.LabelNotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.BodyIncomplete: 400,
    errors.BodyTooSlow: 408,
    errors.BodyTooLarge: 413,
    errors.TooManyBeats: 413,
    errors.UnsupportedMediaType: 415,
    errors.TooManyRequests: 429,
    errors.Unsupported: 501,
    errors.ModelFailed: 502,
    errors.ContractBroken: 502,
    errors.ModelNotReady: 503,
    errors.ModelOverloaded: 503,
    errors.ModelTooSlow: 504,
}
_UNFORESEEN: Final = "The gateway failed unexpectedly; its log has the details under this request id"
_log = logging.getLogger("gateway.errors")


def error_response(error: Exception, request: Request) -> Response:
    """Turn an error into a response; log an unexpected error without its message, which could quote a beat."""
    if isinstance(error, errors.GatewayError):
        status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
        return _response(request, status, error.code, error.message, _headers(error, status), error.where)
    if isinstance(error, HTTPException):  # raised by Flask
        status, name = error.code or 500, error.name.lower().replace(" ", "_")
        return _response(request, status, name, error.description or error.name, [], {})
    fields = {"request_id": request.id, "type": type(error).__qualname__, "frames": logs.frames(error)}
    path = request.route.path if request.route else "?"
    _log.error("unexpected error in %s", path, extra={"fields": fields})
    return _response(request, 500, errors.UNFORESEEN, _UNFORESEEN, [], {})


def _headers(error: errors.GatewayError, status: int) -> Headers:
    match error:
        case errors.TooManyRequests():
            return [(b"retry-after", str(ceil(error.seconds)).encode())]
        case errors.MethodNotAllowed():
            return [(b"allow", ", ".join(error.allowed).encode())]
        case errors.UnsupportedMediaType() if error.where.get("field") == "Content-Encoding":
            return [(b"accept-encoding", b"gzip")]
    more = {401: ("WWW-Authenticate", 'Bearer realm="ecg"'), 503: ("Retry-After", RETRY_AFTER_SECONDS)}.get(status)
    return [(more[0].lower().encode(), more[1].encode())] if more else []


def _response(
    request: Request, status: int, code: str, message: str, headers: Headers, where: dict[str, Any]
) -> Response:
    content: object = {"error": {"code": code, "message": message, "request_id": request.id, **where}}
    if _is_foreign(request):
        content = {"error": message}
    # json instead of orjson, because a quoted name may not be valid UTF-8
    return Response(json.dumps(content).encode() + b"\n", status, headers)


def _is_foreign(request: Request) -> bool:
    """Return whether the path belongs to the v1 or v2 API, even if it does not exist."""
    path: str = request.scope["path"]
    return path == "/v2" or path.startswith(("/v1/", "/v2/"))
