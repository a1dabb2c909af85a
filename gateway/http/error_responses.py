"""From errors to HTTP: the only file with their status codes. Every error has the same shape, whoever raised it."""

import logging
from math import ceil
from typing import Any, Final

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from gateway import errors
from gateway.telemetry import access_log as journal
from gateway.telemetry import logs

VERSION_HEADER: Final = "X-Model-Version"
RETRY_AFTER_SECONDS: Final = "1"
UNFORESEEN: Final = "internal_error"
STATUS: Final[dict[type[errors.GatewayError], int]] = {
    errors.InvalidBeat: 400,
    errors.Unauthorized: 401,
    errors.VersionNotFound: 404,
    errors.BodyIncomplete: 400,
    errors.BodyTooSlow: 408,
    errors.TooManyBeats: 413,
    errors.TooManyRequests: 429,
    errors.Unsupported: 501,
    errors.ModelFailed: 502,
    errors.ContractBroken: 502,
    errors.ModelNotReady: 503,
    errors.ModelOverloaded: 503,
    errors.ModelTooSlow: 504,
}
_SENTENCES: Final = {
    404: "Nothing is here; the paths are /predict, /explain, /model, /examples, /openapi.json and those of probes",
    413: "The body is larger than this gateway takes",
    415: "The body must be JSON or float32: send 'Content-Type: application/json' or 'application/octet-stream'",
    500: "Something unforeseen went wrong; the log has it under this request id",
}
_log = logging.getLogger("gateway.errors")


def install_error_responses(app: Flask) -> None:
    """Answer every error as JSON."""
    app.register_error_handler(errors.GatewayError, _domain)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unforeseen)


def told(error: errors.GatewayError, request_id: str) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Give an error's status, headers and content."""
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    return status, _headers_of(error, status), content_of(error.code, error.message, request_id, **error.where)


def _headers_of(error: errors.GatewayError, status: int) -> dict[str, str]:
    if isinstance(error, errors.TooManyRequests):
        return {"Retry-After": str(ceil(error.seconds))}
    return {401: {"WWW-Authenticate": 'Bearer realm="ecg"'}, 503: {"Retry-After": RETRY_AFTER_SECONDS}}.get(status, {})


def unforeseen(error: Exception, path: str, request_id: str) -> dict[str, Any]:
    """Log an error that is no GatewayError; give the content of its answer, whose status is 500."""
    fields = {"request_id": request_id, "type": type(error).__qualname__, "frames": logs.frames(error)}
    _log.error("unforeseen error in %s", path, extra={"fields": fields})
    return content_of(UNFORESEEN, _SENTENCES[500], request_id)


def content_of(code: str, message: str, request_id: str, **where: Any) -> dict[str, Any]:
    """Give the content of an answer that is an error."""
    return {"error": {"code": code, "message": message, "request_id": request_id, **where}}


def _domain(error: errors.GatewayError) -> Response:
    status, headers, content = told(error, g.request_id)
    g.logged, g.failed = journal.told_of(error), (error.code, error.version)
    response = jsonify(content)
    response.status_code = status
    response.headers.update(headers)
    return response


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    code = error.name.lower().replace(" ", "_")
    sentence = _SENTENCES.get(status) or error.description or error.name
    response = _answer(status, code, content_of(code, sentence, g.request_id))
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _unforeseen(error: Exception) -> Response:
    return _answer(500, UNFORESEEN, unforeseen(error, request.path, g.request_id))


def _answer(status: int, code: str, content: dict[str, Any]) -> Response:
    response = jsonify(content)
    response.status_code = status
    g.failed = (code, None)
    return response
